import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../../db/client.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { gate } from '../support/gates.ts'
import { type Door, doorTo } from '../support/proxy.ts'

let fresh: FreshDatabase
let door: Door
let url: string
const unhandled = vi.fn()
beforeAll(async () => {
  process.on('unhandledRejection', unhandled)
  fresh = await freshDatabase()
  await fresh.db.sql`CREATE TABLE halves (work text, half int)`
})
afterAll(async () => {
  await fresh.drop()
  process.off('unhandledRejection', unhandled)
})

beforeEach(async () => {
  await fresh.db.sql`TRUNCATE halves`
  const to = new URL(fresh.url)
  door = await doorTo(Number(to.port))
  to.host = `127.0.0.1:${door.port}`
  url = to.href
})
afterEach(async () => {
  await door.close()
  expect(unhandled, 'rejections that nobody handles').not.toHaveBeenCalled()
})

const written = () => fresh.db.sql<{ work: string; half: number }[]>`SELECT work, half FROM halves`

describe('connections that are reset under load', () => {
  it('20 times, all 80 of them: each transaction commits or rejects, none is torn, none is lost, no slot either', async () => {
    const { sql, close } = connect(url, { max: 80, statementMs: 30_000 })
    const ended = new Map<string, 'committed' | 'rejected' | 'refused'>()
    const refusal = new Error('the work says no')
    let over = false
    let strange = 0

    const transaction = async (work: string, refuses: boolean): Promise<void> => {
      try {
        await sql.begin(async (tx) => {
          await tx`INSERT INTO halves VALUES (${work}, 1)`
          await tx`SELECT pg_sleep(0.002)`
          await tx`INSERT INTO halves VALUES (${work}, 2)`
          if (refuses) throw refusal
        })
        ended.set(work, 'committed')
      } catch (error) {
        ended.set(work, error === refusal ? 'refused' : 'rejected')
      }
    }
    const statement = async (n: number): Promise<void> => {
      const rows = await sql<{ n: number }[]>`SELECT ${n}::int AS n`.catch(() => undefined)
      if (rows && (rows.length !== 1 || rows[0]?.n !== n)) strange += 1
    }
    const client = async (name: number): Promise<void> => {
      for (let n = 0; !over; n++) {
        await transaction(`${name}-${n}`, n % 4 === 3)
        await statement(n)
      }
    }
    const clients = Array.from({ length: 100 }, (_, name) => client(name))
    for (let resets = 0; resets < 20; resets++) {
      const before = ended.size
      await expect.poll(() => ended.size, { interval: 5, timeout: 20_000 }).toBeGreaterThan(before + 80)
      door.reset()
    }
    over = true
    await Promise.all(clients)

    expect(strange, 'statements that resolved to something else').toBe(0)
    const halves = new Map<string, number>()
    for (const { work } of await written()) halves.set(work, (halves.get(work) ?? 0) + 1)
    const torn = [...halves].filter(([, count]) => count !== 2)
    expect(torn, 'transactions of which a half is left').toEqual([])
    for (const [work, end] of ended) {
      if (end === 'committed') expect(halves.has(work), `${work} was committed`).toBe(true)
      if (end === 'refused') expect(halves.has(work), `${work} was rolled back`).toBe(false)
    }
    expect(new Set(ended.values())).toEqual(new Set(['committed', 'refused', 'rejected']))

    // All 80 at once: each waits in its transaction until the last one has begun.
    const all = gate()
    let begun = 0
    const hold = async () => {
      begun += 1
      if (begun === 80) all.open()
      await all.opened
    }
    await Promise.all(Array.from({ length: 80 }, () => sql.begin(hold)))
    await close()
  }, 180_000)
})

describe('between a connection’s reset and its close', () => {
  /** One idle connection, reset; `then` runs when its socket has failed and before it is closed. */
  async function resetIdle<T>(then: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const target = new URL(url)
    const reset = gate()
    let first = true
    const sql = postgres(url, {
      max: 1,
      // Not in the driver's types: its own tests and its documentation have it.
      ...({
        socket: async () => {
          const socket = dial(Number(target.port), target.hostname)
          await once(socket, 'connect')
          if (first) socket.once('error', reset.open)
          first = false
          return socket
        },
      } as object),
    })
    await sql`SELECT 1`
    door.reset()
    await reset.opened
    try {
      return await then(sql)
    } finally {
      expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }])
      await sql.end()
    }
  }

  it('a statement is rejected; it neither waits nor resolves without rows', async () => {
    await resetIdle(async (sql) => {
      await expect(sql`SELECT 1 AS one`).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    })
  })

  it('a transaction is rejected before anything of it is done', async () => {
    const work = vi.fn(async (tx: postgres.TransactionSql) => {
      await tx`INSERT INTO halves VALUES ('lost BEGIN', 1)`
      throw new Error('roll this back')
    })
    await resetIdle(async (sql) => {
      await expect(sql.begin(work)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    })
    expect(work).not.toHaveBeenCalled()
    expect(await written()).toEqual([])
  })
})

describe('a transaction whose connection is reset', () => {
  it('while a statement is under way, is rejected, and the pool goes on', async () => {
    const { sql, close } = connect(url, { max: 1 })
    const sending = sql.begin(async (tx) => {
      await tx`SELECT 1`
      setImmediate(door.reset)
      await tx`SELECT pg_sleep(60)`
    })
    await expect(sending).rejects.toThrow()
    expect(await sql`SELECT 1 AS one`).toHaveLength(1)
    await close()
  })

  it('writes nothing into the transaction that has its connection afterwards', async () => {
    const { sql, close } = connect(url, { max: 1 })
    const [another, late] = [gate(), gate()]
    let lateStatement: Promise<unknown> = Promise.resolve()
    const first = sql.begin(async (tx) => {
      await tx`INSERT INTO halves VALUES ('first', 1)`
      door.reset()
      await another.opened
      lateStatement = tx`INSERT INTO halves VALUES ('first', 2)`.execute()
      await lateStatement.catch(() => {})
      late.open()
    })
    await expect(first).rejects.toThrow()
    await sql.begin(async (tx) => {
      await tx`INSERT INTO halves VALUES ('second', 1)`
      another.open()
      await late.opened
    })
    await expect(lateStatement).rejects.toThrow()
    expect(await written()).toEqual([{ work: 'second', half: 1 }])
    await close()
  })

  it('and one that has been rolled back, takes no statement of a branch that nobody waits for', async () => {
    const { sql, close } = connect(url, { max: 1 })
    const rolledBack = gate()
    let stray: Promise<unknown> = Promise.resolve()
    const branch = async (tx: postgres.TransactionSql) => {
      await rolledBack.opened
      await tx`INSERT INTO halves VALUES ('stray', 1)`
    }
    const failing = sql.begin(async (tx) => {
      stray = branch(tx as unknown as postgres.TransactionSql) // The same, with another type for bigint.
      await tx`SELECT 1 / 0`
    })
    await expect(failing).rejects.toThrow('division by zero')
    rolledBack.open()
    await expect(stray).rejects.toThrow('has ended')
    expect(await written()).toEqual([])
    await close()
  })
})

describe('a connection that is opening', () => {
  /** Resets whoever sends something with this text in it, the first time. */
  async function resettingAt(text: string): Promise<{ url: string; close(): void }> {
    let reset = false
    const server = createServer((client: Socket) => {
      const host = dial(door.port, '127.0.0.1')
      client.on('data', (sent) => {
        if (reset || !sent.includes(text)) return void host.write(sent)
        reset = true
        client.resetAndDestroy()
      })
      host.pipe(client)
      for (const [end, other] of [[client, host] as const, [host, client] as const])
        end.on('error', () => {}).on('close', () => other.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const to = new URL(url)
    to.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    return { url: to.href, close: () => server.close() }
  }

  it.each([
    ['at its start-up message', 'client_encoding'],
    ['while it asks for the types of arrays', 'typarray'],
  ])('and is reset %s rejects its statement, and is opened again for the next', async (_, text) => {
    const server = await resettingAt(text)
    const { sql, close } = connect(server.url, { max: 1 })
    await expect(sql`SELECT 1`).rejects.toThrow()
    expect(await sql`SELECT ${['1', '2']}::bigint[] AS list`).toEqual([{ list: [1n, 2n] }])
    await close()
    server.close()
  })
})
