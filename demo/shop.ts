import { type ApiClient, createApiClient } from '../api/client.ts'
import type { AttemptNumber, OrderId } from '../domain/ids.ts'
import { tokenSigner } from '../local/sign-in.ts'
import type { Buyer } from './provisions.ts'
import type { Tally } from './tally.ts'

/** The API said no, with this code. */
export class ShopRefused extends Error {
  readonly code: string
  constructor(code: string, what: string) {
    super(`${what}: ${code}`)
    this.code = code
  }
}

/** Channels that show a QR code. */
export type CodeChannel = 'wechat-v3' | 'wechat-v2' | 'alipay-qr'

export type Line = { sku: string; quantity: number }
type Choice = { payment: 'online' | 'on_delivery'; coupon?: boolean; points?: boolean; balance?: bigint }
type Quote = { token: string; points: string; pointsWithCoupon: string }

/** A buyer's side of the shop: everything over HTTP, with the typed client. */
export type Shopper = {
  readonly buyer: Buyer
  quote(lines: Line[]): Promise<Quote>
  /** Presses "place". Answers the order's number; throws `ShopRefused`. */
  place(quote: Quote, choice: Choice): Promise<OrderId>
  /** Opens a payment and answers its number. */
  pay(order: OrderId, channel: CodeChannel | 'balance'): Promise<AttemptNumber>
  cancel(order: OrderId): Promise<void>
}

/**
 * So many buyers are served at once; the others wait, so that a slow machine is not asked for more than it
 * can do.
 */
const counters = 8

/** Signs tokens for buyers with the demo's own key, as a shop's sign-in would, and opens the shop to them. */
export function openShop(url: string, privateKey: string, tally: Tally): (buyer: Buyer) => Shopper {
  const signed = tokenSigner(privateKey)
  const counter = atMost(counters)
  return (buyer) => shopper({ api: createApiClient(url, signed(buyer.id)), buyer, tally, counter })
}

type ShopperDeps = { api: ApiClient; buyer: Buyer; tally: Tally; counter: Counter }

function shopper({ api, buyer, tally, counter }: ShopperDeps): Shopper {
  return {
    buyer,
    async quote(lines) {
      const answer = await api.v1.quotes.$post({ json: { lines, source: 'web' } })
      if (!answer.ok) throw await refusal(answer, 'quote')
      const { quoteToken, points, coupons } = await answer.json()
      const withCoupon = coupons.usable.find(({ id }) => id === buyer.coupon)
      return {
        token: quoteToken,
        points: points.usable,
        pointsWithCoupon: withCoupon?.usablePoints ?? points.usable,
      }
    },

    async place(quote, { payment, coupon, points, balance }) {
      const json = {
        quoteToken: quote.token,
        addressId: buyer.addressId,
        payment,
        ...(coupon ? { couponId: buyer.coupon } : {}),
        ...(points ? { points: coupon ? quote.pointsWithCoupon : quote.points } : {}),
        ...(balance ? { balance: balance.toString() } : {}),
      }
      return counter(async () => {
        const began = performance.now()
        for (;;) {
          const answer = await api.v1.orders.$post({ json })
          if (answer.status === 202) continue // Still being placed: the same token asks again.
          const took = performance.now() - began
          if (!answer.ok) {
            const refused = await refusal(answer, 'place')
            tally.refused(refused.code, took)
            throw refused
          }
          tally.placed(took)
          return (await answer.json()).id as OrderId // The API's ids are orders' ids.
        }
      })
    },

    async pay(order, channel) {
      const answer = await api.v1.orders[':id'].payments.$post({ param: { id: order }, json: { channel } })
      if (!answer.ok) throw await refusal(answer, `pay order ${order}`)
      return (await answer.json()).number as AttemptNumber // Likewise.
    },

    async cancel(order) {
      const answer = await api.v1.orders[':id'].cancel.$post({ param: { id: order } })
      if (!answer.ok) throw await refusal(answer, `cancel order ${order}`)
      await answer.text()
    },
  }
}

type Counter = <T>(serve: () => Promise<T>) => Promise<T>

function atMost(free: number): Counter {
  const line: (() => void)[] = []
  let left = free
  return async (serve) => {
    if (left === 0) await new Promise<void>((resolve) => line.push(resolve))
    else left -= 1
    try {
      return await serve()
    } finally {
      const next = line.shift()
      if (next) next()
      else left += 1
    }
  }
}

async function refusal(
  answer: { status: number; text(): Promise<string> },
  what: string,
): Promise<ShopRefused> {
  const text = await answer.text()
  try {
    const problem: unknown = JSON.parse(text)
    const code =
      typeof problem === 'object' && problem !== null && 'code' in problem
        ? String(problem.code)
        : String(answer.status)
    return new ShopRefused(code, what)
  } catch {
    return new ShopRefused(`HTTP ${answer.status}`, what)
  }
}
