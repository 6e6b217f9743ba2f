import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BillSwitches } from '../../../sandbox/switches.ts'
import { fetchStatement } from '../../../services/reconciliation/fetch.ts'
import { partBytes } from '../../../services/reconciliation/parts.ts'
import { type StatementRig, statementRig } from './harness.ts'

let rig: StatementRig
beforeEach(async () => {
  rig = await statementRig()
})
afterEach(() => rig.close())

const text = async () =>
  Buffer.concat((await rig.raw()).map(({ content }) => gunzipSync(content as Buffer))).toString() // A bytea.
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
    const { transaction } = await rig.paid()
    const fetched = await rig.fetch()
    expect(await text()).toContain(transaction)
    expect(await rig.statement()).toMatchObject({
      state: 'fetched',
      bytes: fetched.bytes,
      digest: createHash('sha256')
        .update(await text())
        .digest('hex'),
    })
    await rig.bill({ creating: true })
    expect(await rig.fetch()).toEqual(fetched)
  })

  it.each([1, partBytes, partBytes + 1, 5_000_000])(
    'in parts that fit into memory: %i bytes',
    async (bytes) => {
      const statements = { ...rig.wechat.statements, fetch: async () => large(bytes) }
      await fetchStatement(rig.sql, {
        statements,
        of: rig.of,
        kind: 'trade',
        now: Date.now() + 2 * 86_400_000,
      })
      const parts = (await rig.raw()).map(({ content }) => gunzipSync(content as Buffer)) // A bytea.
      expect(Buffer.concat(parts).equals(await bytesOf(large(bytes)))).toBe(true)
      expect(parts.map(({ length }) => length)).toEqual([
        ...Array.from({ length: Math.floor((bytes - 1) / partBytes) }, () => partBytes),
        ((bytes - 1) % partBytes) + 1,
      ])
    },
  )

  it('of the funds’ flow too, beside the trades’', async () => {
    await rig.paid()
    expect(await rig.fetch('fund_flow')).toMatchObject({ state: 'fetched' })
    expect(await rig.fetch()).toMatchObject({ state: 'fetched' })
  })

  it('by one of two who fetch at once', async () => {
    const { transaction } = await rig.paid()
    const both = await Promise.allSettled([rig.fetch(), rig.fetch()])
    expect(both.map(({ status }) => status)).toContain('fulfilled')
    expect((await text()).split(transaction)).toHaveLength(2)
    expect(await rig.fetch()).toMatchObject({ state: 'fetched' })
  })
})

describe('a statement is not kept', () => {
  it.each<[string, BillSwitches]>([
    ['while it is made', { creating: true }],
    ['when it breaks off', { breakOff: true }],
    ['when its digest is wrong', { wrongHash: true }],
  ])('%s, and is kept at the next try', async (_, bill) => {
    await rig.paid()
    await rig.bill(bill)
    await expect(rig.fetch()).rejects.toThrow()
    await expect(rig.match()).rejects.toThrow('has not been fetched')
    await rig.bill()
    await rig.fetch()
    expect(await rig.match()).toEqual({ rows: 1, repaired: 0, different: 0 })
  })

  it('before ten o’clock of the day after', async () => {
    await rig.paid()
    const ten = Date.parse(`${rig.of.date}T10:00:00+08:00`) + 86_400_000
    await expect(rig.fetch('trade', ten - 1)).rejects.toThrow('makes the statement')
    expect(await rig.fetch('trade', ten)).toMatchObject({ state: 'fetched' })
  })

  it('by a fetch that died, and whose lease is over: the next one starts anew, and the dead one writes no more', async () => {
    await rig.paid()
    let wake = () => {}
    const asleep = new Promise<void>((resolve) => {
      wake = resolve
    })
    const statements = {
      ...rig.wechat.statements,
      fetch: async () => ({
        async *[Symbol.asyncIterator]() {
          yield Buffer.alloc(partBytes, 'old')
          await asleep
          yield Buffer.alloc(partBytes, 'old')
        },
      }),
    }
    const dying = fetchStatement(rig.sql, {
      statements,
      of: rig.of,
      kind: 'trade',
      now: Date.now() + 2 * 86_400_000,
    })
    await expect.poll(async () => (await rig.raw()).length).toBe(1)
    await expect(rig.fetch()).rejects.toThrow('fetched elsewhere')
    await rig.sql`UPDATE statements SET leased_until = now() - interval '1 second'`
    const fetched = await rig.fetch()
    wake()
    await expect(dying).rejects.toThrow('taken over')
    expect(await rig.fetch()).toEqual(fetched)
    expect(await text()).not.toContain('old')
  })
})
