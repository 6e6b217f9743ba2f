import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BillSwitches } from '../../../sandbox/switches.ts'
import { fetchStatement } from '../../../services/reconciliation/fetch.ts'
import { partBytes } from '../../../services/reconciliation/parts.ts'
import { type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeEach(async () => {
  harness = await statementHarness()
})
afterEach(() => harness.close())

const text = async () =>
  // A bytea.
  Buffer.concat((await harness.raw()).map(({ content }) => gunzipSync(content as Buffer))).toString()
/** A statement of as many bytes, in pieces of any size. */
const large = (bytes: number): AsyncIterable<Uint8Array> => ({
  async *[Symbol.asyncIterator]() {
    for (let left = bytes; left > 0; left -= 300_001)
      yield Buffer.alloc(Math.min(left, 300_001), String(left))
  },
})
const bytesOf = async (all: AsyncIterable<Uint8Array>) => {
  const pieces: Uint8Array[] = []
  for await (const piece of all) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('a statement is kept', () => {
  it('as it came, with its digest, and is not asked for again', async () => {
    const { transaction } = await harness.paid()
    const fetched = await harness.fetch()
    expect(await text()).toContain(transaction)
    expect(await harness.statement()).toMatchObject({
      state: 'fetched',
      bytes: fetched.bytes,
      digest: createHash('sha256')
        .update(await text())
        .digest('hex'),
    })
    await harness.bill({ creating: true })
    expect(await harness.fetch()).toEqual(fetched)
  })

  it.each([1, partBytes, partBytes + 1, 5_000_000])(
    'in parts that fit into memory: %i bytes',
    async (bytes) => {
      const statements = { ...harness.wechat.statements, fetch: async () => large(bytes) }
      await fetchStatement(harness.sql, {
        statements,
        of: harness.of,
        kind: 'trade',
        now: Date.now() + 2 * 86_400_000,
      })
      const parts = (await harness.raw()).map(({ content }) => gunzipSync(content as Buffer)) // A bytea.
      expect(Buffer.concat(parts).equals(await bytesOf(large(bytes)))).toBe(true)
      expect(parts.map(({ length }) => length)).toEqual([
        ...Array.from({ length: Math.floor((bytes - 1) / partBytes) }, () => partBytes),
        ((bytes - 1) % partBytes) + 1,
      ])
    },
  )

  it('of the funds’ flow too, beside the trades’', async () => {
    await harness.paid()
    expect(await harness.fetch('fund_flow')).toMatchObject({ state: 'fetched' })
    expect(await harness.fetch()).toMatchObject({ state: 'fetched' })
  })

  it('by one of two who fetch at once', async () => {
    const { transaction } = await harness.paid()
    const both = await Promise.allSettled([harness.fetch(), harness.fetch()])
    expect(both.map(({ status }) => status)).toContain('fulfilled')
    expect((await text()).split(transaction)).toHaveLength(2)
    expect(await harness.fetch()).toMatchObject({ state: 'fetched' })
  })
})

describe('a statement is not kept', () => {
  it.each<[string, BillSwitches]>([
    ['while it is made', { creating: true }],
    ['when it breaks off', { breakOff: true }],
    ['when its digest is wrong', { wrongHash: true }],
  ])('%s, and is kept at the next try', async (_, bill) => {
    await harness.paid()
    await harness.bill(bill)
    await expect(harness.fetch()).rejects.toThrow()
    await expect(harness.match()).rejects.toThrow('has not been fetched')
    await harness.bill()
    await harness.fetch()
    expect(await harness.match()).toEqual({ rows: 1, repaired: 0, different: 0 })
  })

  it('before ten o’clock of the day after', async () => {
    await harness.paid()
    const ten = Date.parse(`${harness.of.date}T10:00:00+08:00`) + 86_400_000
    await expect(harness.fetch('trade', ten - 1)).rejects.toThrow('makes the statement')
    expect(await harness.fetch('trade', ten)).toMatchObject({ state: 'fetched' })
  })

  it('by a fetch that died, and whose lease is over: the next one starts anew, and the dead one writes no more', async () => {
    await harness.paid()
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    const statements = {
      ...harness.wechat.statements,
      fetch: async () => ({
        async *[Symbol.asyncIterator]() {
          yield Buffer.alloc(partBytes, 'old')
          await asleep
          yield Buffer.alloc(partBytes, 'old')
        },
      }),
    }
    const dying = fetchStatement(harness.sql, {
      statements,
      of: harness.of,
      kind: 'trade',
      now: Date.now() + 2 * 86_400_000,
    })
    await expect.poll(async () => (await harness.raw()).length).toBe(1)
    await expect(harness.fetch()).rejects.toThrow('fetched elsewhere')
    await harness.sql`UPDATE statements SET leased_until = now() - interval '1 second'`
    const fetched = await harness.fetch()
    wake()
    await expect(dying).rejects.toThrow('taken over')
    expect(await harness.fetch()).toEqual(fetched)
    expect(await text()).not.toContain('old')
  })
})
