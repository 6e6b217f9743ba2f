import { inspect } from 'node:util'
import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connect } from '../../db/client.ts'
import { isAway } from '../../runtime/away.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type Door, doorTo } from '../support/proxy.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(() => fresh.drop())

const faultOf = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => undefined,
    (error) => error,
  )

async function behindDoor(url: string): Promise<{ door: Door; url: string }> {
  const to = new URL(url)
  const door = await doorTo(Number(to.port))
  to.host = `127.0.0.1:${door.port}`
  return { door, url: to.href }
}

describe('that a server is away is known from what its driver throws', () => {
  it('PostgreSQL: nobody listens, the connection is cut, the server shuts down', async () => {
    const none = connect('postgres://nobody@127.0.0.1:1/none')
    expect(isAway(await faultOf(none.sql`SELECT 1`))).toBe(true)
    await none.close()

    const { door, url } = await behindDoor(fresh.url)
    const cut = connect(url, { max: 1 })
    await cut.sql`SELECT 1`
    const sleeping = faultOf(cut.sql`SELECT pg_sleep(30)`)
    door.shut()
    expect(isAway(await sleeping)).toBe(true)
    await cut.close()
    await door.close()

    const shutDown = Object.assign(new Error('terminating connection'), { code: '57P01' })
    expect(isAway(shutDown)).toBe(true)
  })

  it('Redis: nobody listens, and it does not come back', async () => {
    const options = { maxRetriesPerRequest: 1, retryStrategy: () => 1, commandTimeout: 500 }
    const none = new Redis('redis://127.0.0.1:1', options).on('error', () => {})
    expect(isAway(await faultOf(none.get('key')))).toBe(true)
    none.disconnect()

    const { door, url } = await behindDoor(inject('redisUrl'))
    const cut = new Redis(url, options).on('error', () => {})
    await cut.get('key')
    door.shut()
    expect(isAway(await faultOf(cut.get('key')))).toBe(true)
    cut.disconnect()
    expect(isAway(await faultOf(cut.get('key')))).toBe(true)
    await door.close()
  })

  it('Temporal: it was there, and is gone', async () => {
    const door = await doorTo(Number(inject('temporalAddress').split(':').at(-1)))
    const connection = await NativeConnection.connect({ address: `127.0.0.1:${door.port}` })
    const client = new Client({ connection })
    door.shut()
    const describing = client.withDeadline(Date.now() + 2000, () =>
      client.workflow.getHandle('order-none').describe(),
    )
    const fault = await faultOf(describing)
    expect(isAway(fault), inspect(fault)).toBe(true)
    await connection.close()
    await door.close()
  })

  it('Temporal: it has started, and does not know its namespaces yet', async () => {
    const connection = await NativeConnection.connect({ address: inject('temporalAddress') })
    const client = new Client({ connection, namespace: 'not-there-yet' })
    const fault = await faultOf(client.workflow.getHandle('order-none').describe())
    expect(isAway(fault), inspect(fault)).toBe(true)
    await connection.close()
  })

  it('also when it is the cause of another error, or one of several', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    expect(isAway(new Error('a query failed', { cause: refused }))).toBe(true)
    expect(isAway(new AggregateError([refused]))).toBe(true)
  })
})

describe('a fault that waiting does not mend is none of these', () => {
  it('a wrong statement, a lock time-out, a refusal, a bug, something thrown that is no error', async () => {
    expect(isAway(await faultOf(fresh.db.sql`SELECT nothing`))).toBe(false)
    expect(isAway(await faultOf(fresh.db.sql`SELECT 1 / 0`))).toBe(false)
    expect(
      isAway(Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' })),
    ).toBe(false)
    expect(isAway(new TypeError('x is not a function'))).toBe(false)
    expect(isAway('ECONNREFUSED')).toBe(false)
    expect(isAway(undefined)).toBe(false)
  })
})
