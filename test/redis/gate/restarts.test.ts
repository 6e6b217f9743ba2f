import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { newBuyer, openSale, type Sale, saleOf } from './harness.ts'
import { copyFiles, type Node, serversFolder, startNode } from './nodes.ts'

let folder: ReturnType<typeof serversFolder>
beforeAll(() => {
  folder = serversFolder()
})
afterAll(() => folder.remove())

async function started(dir: string): Promise<Node> {
  const node = await startNode(folder.path, dir)
  onTestFinished(() => node.stop())
  return node
}
const answers = (sale: Sale, count: number) =>
  Promise.all(Array.from({ length: count }, async () => (await sale.join(newBuyer())).answer))
const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what)

describe('a gate whose server restarts', () => {
  it('admits nobody until it is loaded at the next epoch', async () => {
    const first = await started('orderly')
    const before = await openSale(first.redis, { left: 3 })
    const won = await before.admit()
    await first.stop()

    const sale = saleOf((await started('orderly')).redis, before.offer)
    expect(await answers(sale, 3)).toEqual(times(3, 'paused'))
    expect(await sale.join(won.buyer), 'who got in is not turned away').toMatchObject({
      answer: 'already_queued',
      ticket: won.ticket,
    })
    expect(await sale.gate.renew(sale.offer, 1)).toEqual({ is: 'lost' })
    expect(await answers(sale, 1)).toEqual(['paused'])

    expect(await sale.load({ left: 3 }), 'the epoch of before may lack what came since').toBe('stale')
    expect([await sale.left(), await answers(sale, 1)]).toEqual([2, ['paused']])

    expect(
      (await sale.queue.read(sale.offer, 'consumer', 10)).map(({ ticket }) => ticket),
      'the queue is staged first',
    ).toEqual([won.ticket])
    expect(
      await sale.load({ epoch: 2, left: 2, tickets: [{ ...won, pieces: 1, seq: 1, paid: false }] }),
    ).toBe('loaded')
    expect(await sale.gate.renew(sale.offer, 2)).toMatchObject({ is: 'renewed' })
    expect(await answers(sale, 3)).toEqual(['admitted', 'admitted', 'sold_out'])
  })

  it('does not sell forty pieces again from an older file', async () => {
    const first = await started('newest')
    const before = await openSale(first.redis, { left: 100 })
    expect(await answers(before, 60)).toEqual(times(60, 'admitted'))
    copyFiles(folder.path, 'newest', 'older')
    expect(await answers(before, 41)).toEqual([...times(40, 'admitted'), 'sold_out'])
    await first.kill()

    const sale = saleOf((await started('older')).redis, before.offer)
    expect(await sale.left(), 'it believes so').toBe(40)
    expect(await answers(sale, 50)).toEqual(times(50, 'paused'))
    expect(await sale.gate.renew(sale.offer, 1)).toEqual({ is: 'lost' })
    await sale.load({ epoch: 2, left: 0 })
    expect(await answers(sale, 1)).toEqual(['sold_out'])
  })

  it('takes no late load of before for its own', async () => {
    const first = await started('late')
    const before = await openSale(first.redis, { epoch: 7 })
    await first.stop()
    const sale = saleOf((await started('late')).redis, before.offer)
    expect(await sale.load({ epoch: 6, left: 99 })).toBe('newer')
    expect(await sale.load({ epoch: 7, left: 99 })).toBe('stale')
    expect(await sale.load({ epoch: 8, left: 1 })).toBe('loaded')
    expect(await sale.left()).toBe(1)
  })
})

describe('a gate whose server is demoted and promoted again', () => {
  const role = async ({ redis }: Node) => {
    const info = await redis.info('replication')
    return [/^role:(\w+)/m.exec(info)?.[1], /^master_link_status:(\w+)/m.exec(info)?.[1]]
  }
  async function follow(node: Node, master: Node): Promise<void> {
    await node.redis.call('REPLICAOF', '127.0.0.1', master.port)
    await expect.poll(() => role(node), { timeout: 20_000 }).toEqual(['slave', 'up'])
  }
  const promote = (node: Node) => node.redis.call('REPLICAOF', 'NO', 'ONE')

  it('with older data, under the same run id, admits nobody until it is loaded at the next epoch', async () => {
    const [node, other] = [await started('promoted-again'), await started('lagging')]
    await follow(other, node)
    const sale = await openSale(node.redis, { left: 5 })
    expect(await node.redis.wait(1, 10_000)).toBe(1)
    await promote(other) // It has what there was until now.
    const won = await sale.admit()
    await follow(node, other)
    await promote(node)

    expect(await sale.holdings(), 'the ticket is forgotten').toEqual({})
    expect(await sale.join(won.buyer)).toEqual({ answer: 'paused' })
    expect(await sale.gate.peek(sale.offer, won.buyer)).toMatchObject({ state: 'unknown' })
    expect(await sale.gate.renew(sale.offer, 1)).toEqual({ is: 'lost' })
    expect(await sale.load({ left: 5 }), 'its epoch is not loaded again').toBe('stale')
    await sale.load({ epoch: 2, left: 4, tickets: [{ ...won, pieces: 1, seq: 1, paid: false }] })
    expect(await sale.join(won.buyer)).toMatchObject({ answer: 'already_queued', ticket: won.ticket })
  })
})

describe('a gate whose server', () => {
  it('is flushed knows nothing, and goes on from what PostgreSQL has', async () => {
    const { redis } = await started('flushed')
    const sale = await openSale(redis)
    const [staged, lost] = [await sale.admit(), await sale.admit()]
    await redis.flushall()
    expect(await sale.join(staged.buyer)).toEqual({ answer: 'missing' })
    expect(await sale.gate.renew(sale.offer, 1)).toEqual({ is: 'lost' })
    expect(await sale.queue.read(sale.offer, 'consumer', 10)).toEqual([])

    expect(
      await sale.load({ epoch: 2, left: 9, tickets: [{ ...staged, pieces: 1, seq: 1, paid: false }] }),
    ).toBe('loaded')
    expect(await sale.join(staged.buyer)).toMatchObject({
      answer: 'already_queued',
      ticket: staged.ticket,
      position: 0,
    })
    expect(await sale.join(lost.buyer), 'whose ticket nobody has').toMatchObject({
      answer: 'admitted',
      position: 1,
    })
    expect(await sale.left()).toBe(8)
  })

  it('does not answer concludes nothing', async () => {
    const node = await started('killed')
    const sale = await openSale(node.redis)
    await node.kill()
    await expect(sale.join(newBuyer(), { token: 'any' })).rejects.toThrow()
    await expect(sale.gate.renew(sale.offer, 1)).rejects.toThrow()
    await expect(sale.queue.read(sale.offer, 'consumer', 10)).rejects.toThrow()
  })
})
