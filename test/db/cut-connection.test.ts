import { createServer, connect as dial, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { gate } from '../support/gates.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(() => fresh.drop())

/** A database behind a wire that the test can cut. */
async function cuttable(): Promise<{ db: Db; cut(): void; close(): Promise<void> }> {
  const to = new URL(fresh.url)
  const wires = new Set<Socket>()
  const server = createServer((wire) => {
    const far = dial(Number(to.port), to.hostname)
    for (const end of [wire, far])
      end.on('error', () => {}).on('close', () => [wire, far].map((other) => other.destroy()))
    wires.add(wire)
    wire.pipe(far).pipe(wire)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const url = new URL(fresh.url)
  url.host = `127.0.0.1:${address.port}`
  const db = connect(url.href)
  return {
    db,
    cut: () => {
      for (const wire of wires) wire.destroy()
    },
    async close() {
      await db.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a process whose connection is cut within a transaction', () => {
  it('while a statement is under way, gets an error and lives', async () => {
    const { db, cut, close } = await cuttable()
    const sending = db.sql.begin(async (tx) => {
      await tx`SELECT 1`
      setImmediate(cut)
      await tx`SELECT pg_sleep(60)`
    })
    await expect(sending).rejects.toThrow()
    expect(await db.sql`SELECT 1 AS one`).toHaveLength(1)
    await close()
  })

  it('between two statements, gets an error, writes nothing afterwards, and lives', async () => {
    const { db, cut, close } = await cuttable()
    const gone = gate()
    const sending = db.sql.begin(async (tx) => {
      await tx`SELECT 1`
      cut()
      await gone.opened
      await tx`SELECT 2`
    })
    await expect(sending).rejects.toThrow()
    gone.open()
    expect(await db.sql`SELECT 1 AS one`).toHaveLength(1)
    await close()
  })
})
