import { Cluster, type Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import type { GateRedis } from '../../../redis/gate/join.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { newBuyer, newTicket, places, type Sale, saleOf, useGate } from './harness.ts'

const nodesOf = (redis: GateRedis): Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis])
const forgetScripts = (redis: GateRedis) => Promise.all(nodesOf(redis).map((node) => node.script('FLUSH')))
const crowdOf = (count: number, sale: Sale) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const buyer = newBuyer()
      return { buyer, token: await sale.token(buyer) }
    }),
  )

describe.each(places)("the gate's scripts on %s", (place) => {
  const { open, redis } = useGate(place)

  it('are taught again to a server that has forgotten them, whatever is asked', async () => {
    const sale = await open({ limit: 2 })
    const { gate, queue, offer } = sale
    const won = await sale.admit()
    const read = await queue.read(offer, 'consumer', 1)
    const questions: [string, () => Promise<unknown>, unknown][] = [
      ['load', () => sale.load(), 'same'],
      ['admit', () => sale.join(won.buyer), { answer: 'already_queued', ticket: won.ticket, position: 1 }],
      ['standing', async () => (await gate.standing(offer, won.buyer))?.ticket, won.ticket],
      ['paid', () => sale.pay(won), 'same'],
      ['giveBack', () => sale.giveBack(won), 'same'],
      ['renew', () => gate.renew(offer, 1), { is: 'renewed', left: 10, queued: 1 }],
      ['setTerms', () => sale.setTerms({}), 'same'],
      ['addQuota', () => gate.addQuota(offer, { change: 'more', pieces: 1, epoch: 1 }), 'same'],
      ['takeQuota', () => gate.takeQuota(offer, 'less', 2), { is: 'taken', epoch: 1 }],
      // biome-ignore format: one question a line
      ['acknowledge', () => queue.acknowledge(offer, read.map((entry) => ({ ...entry, refused: false }))), 1],
    ]
    for (const [question, ask, answer] of questions) {
      await forgetScripts(redis())
      expect(await ask(), question).toEqual(answer)
    }
    expect(await sale.left()).toBe(9)
  })

  it.each([
    ['one by one', false],
    ['in pipelines that the client makes', true],
  ])(
    'admit each buyer once while they are forgotten again and again, asked %s',
    async (_, enableAutoPipelining) => {
      const there = await open({ left: 500 })
      const sale = saleOf(another(redis(), { enableAutoPipelining }), there.offer)
      const crowd = await crowdOf(300, there)
      const answers = await Promise.all(
        crowd.map(async ({ buyer, token }, i) => {
          if (i % 10 === 0) await forgetScripts(redis())
          return sale.join(buyer, { token })
        }),
      )
      expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(['admitted']))
      expect(await there.left()).toBe(200)
      expect(await there.queue.length(there.offer)).toBe(300)
    },
  )

  it('may be asked in a pipeline', async () => {
    const sale = await open({ left: 20 })
    const { offer, queue, token } = keysOf(sale.offer)
    const crowd = await crowdOf(20, sale)
    await forgetScripts(redis())
    const pipeline = redis().pipeline()
    for (const one of crowd)
      pipeline.gateAdmit(3, offer, queue, token(one.buyer, one.token), one.buyer, 1, newTicket(), '1')
    const answers = await pipeline.exec()
    expect(answers).toEqual(crowd.map(() => [null, expect.stringMatching(/^admitted:/)]))
    expect(await sale.left()).toBe(0)
  })

  if (place === 'a cluster of three') {
    const slotOf = (key: string): Promise<number> =>
      nodesOf(redis())[0]?.cluster('KEYSLOT', key) ?? Promise.reject(new Error('it has no nodes'))

    it('find all keys of an offer in one slot', async () => {
      const { token, challenge, loading, offer, queue, ...others } = keysOf({
        session: '2019052614' as SessionId,
        sku: '26' as SkuId,
      })
      expect(others, 'a new key is looked at here too').toEqual({})
      const slots = await Promise.all(
        [
          offer,
          queue,
          token(newBuyer(), 'a'),
          token(newBuyer(), 'b'),
          challenge('c'),
          loading(1),
          loading(2),
        ].map(slotOf),
      )
      expect(new Set(slots).size).toBe(1)
    })

    it('find those of other offers elsewhere, so that nodes share the work', async () => {
      const skus = Array.from({ length: 60 }, (_, i) => `${i + 1}` as SkuId)
      const slots = await Promise.all(
        skus.map((sku) => slotOf(keysOf({ session: '2019052614' as SessionId, sku }).offer)),
      )
      expect(new Set(slots.map((slot) => Math.floor((slot * 3) / 16_384))).size).toBe(3)
    })
  }
})

/** A connection of the test's own to the same place. */
function another(redis: GateRedis, options: { enableAutoPipelining: boolean }): GateRedis {
  const own = redis instanceof Cluster ? redis.duplicate([], options) : redis.duplicate(options)
  onTestFinished(() => own.disconnect())
  return own
}
