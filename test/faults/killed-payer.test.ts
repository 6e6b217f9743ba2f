import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OrderId } from '../../domain/ids.ts'
import { openSystem, type Shopper, type TestSystem } from '../end-to-end/system.ts'
import type { Call } from './doomed-payer.ts'

let system: TestSystem
beforeAll(async () => {
  system = await openSystem({ payWithinS: 12 })
})
afterAll(() => system.close())

/** A process opens an attempt and dies when the provider has answered. */
type Payment = { shopper: Shopper; order: OrderId; channel: string }
async function dies(after: Call, { shopper, order, channel }: Payment): Promise<void> {
  const doomed = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./doomed-payer.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        ...system.environment,
        ORDER: order,
        BUYER: shopper.id,
        CHANNEL: channel,
        DIE_AFTER: after,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [, signal] = await once(doomed, 'exit')
  expect(signal).toBe('SIGKILL')
}
let next = 0
async function placed(): Promise<{ shopper: Shopper; order: OrderId }> {
  const shopper = await system.shopper(next++)
  return { shopper, order: await system.buy(shopper, 1) }
}
const attemptsOf = (order: OrderId) =>
  system.container.db.sql<{ number: string; channel: string; state: string }[]>`
    SELECT number::text AS number, channel, state FROM attempts WHERE order_id = ${order} ORDER BY number`
const tradeOf = async (number: string) =>
  (await system.sandbox.ledger()).trades.find(({ outTradeNo }) => outTradeNo === number)

describe.each(['wechat-v3', 'wechat-v2', 'alipay-qr'])(
  'whoever opens a payment by %s and is killed when the provider has made the trade',
  (channel) => {
    it('has not lost it: the buyer who asks again gets the code of the same trade, and pays it', async () => {
      const { shopper, order } = await placed()
      await dies('open', { shopper, order, channel })
      const [attempt] = await attemptsOf(order)
      expect(attempt).toMatchObject({ state: 'opening' })
      const again = await system.pay(shopper, order, channel)
      expect(again).toMatchObject({
        status: 201,
        body: { number: attempt?.number, answer: { kind: 'qr', qr: expect.any(String) } },
      })
      await system.sandbox.pay(String(again.body.number))
      await system.reaches(order, 'to_ship')
      expect(await attemptsOf(order)).toEqual([{ number: attempt?.number, channel, state: 'paid' }])
    })

    it('has not left it open: when nobody asks again, the order closes, and the trade takes no money', async () => {
      const { shopper, order } = await placed()
      await dies('open', { shopper, order, channel })
      const [attempt] = await attemptsOf(order)
      await system.reaches(order, 'closed')
      await expect(system.sandbox.pay(attempt?.number ?? '')).rejects.toThrow()
      expect(await tradeOf(attempt?.number ?? '')).toMatchObject({ captured: '0' })
    })
  },
)

it('whoever closes the other channel’s payment and is killed when the provider has closed it: the wallet pays, once', async () => {
  const { shopper, order } = await placed()
  const first = await system.pay(shopper, order, 'wechat-v3')
  await dies('close', { shopper, order, channel: 'balance' })
  expect(await attemptsOf(order)).toMatchObject([{ state: 'open' }])
  expect(await system.pay(shopper, order, 'balance')).toMatchObject({ status: 201, body: { state: 'paid' } })
  expect(await attemptsOf(order)).toMatchObject([
    { number: first.body.number, state: 'closed' },
    { channel: 'balance', state: 'paid' },
  ])
  await system.reaches(order, 'to_ship')
})

it('and the books add up after all that', () => system.addsUp())
