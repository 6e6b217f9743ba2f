import type { ApiDeps, Paying, Placing } from '../../api/deps.ts'
import type { OrderId, SkuId, UserId } from '../../domain/ids.ts'
import { type Buyer, type Harness, startHarness } from './harness.ts'
import { insertOrder } from './stored-orders.ts'

export type Played = Harness & {
  placing: Placing
  paying: Paying
  /** What `place` was asked since the last `reset`. */
  asked: Parameters<Placing['place']>[0][]
  reset(): void
  /** POSTs JSON as a buyer; what is answered, with its status and where it points to. */
  post(
    buyer: Buyer,
    path: string,
    body: unknown,
  ): Promise<{ status: number; location: string | null; orderId?: string; title?: string }>
  tokenOf(owner: UserId, quotes?: ApiDeps['quoteTokens']): Promise<string>
}

/**
 * The API with placing and paying played by what a test sets: here only their answers and the HTTP around
 * them matter.
 */
export async function startPlayed(): Promise<Played> {
  const harness = await startHarness({
    placing: {
      place: (placement) => played.placing.place(placement),
      cancel: (id, who) => played.placing.cancel(id, who),
    },
    paying: { pay: (id, who, channel) => played.paying.pay(id, who, channel) },
  })
  const unset = async (): Promise<never> => {
    throw new Error('the test has set nothing to be played here')
  }
  const place: Placing['place'] = async (placement) => {
    played.asked.push(placement)
    await insertOrder(harness.db, { id: placement.quote.id, buyer: placement.quote.buyer })
    return { state: 'placed', orderId: placement.quote.id }
  }
  const played: Played = {
    ...harness,
    placing: { place, cancel: unset },
    paying: { pay: unset },
    asked: [],
    reset() {
      played.asked = []
      played.placing = { place, cancel: unset }
      played.paying = { pay: unset }
    },
    async post({ token }, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(harness.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
      const answered = (await answer.json()) as { orderId?: string; title?: string } // An object, always.
      return { status: answer.status, location: answer.headers.get('location'), ...answered }
    },
    async tokenOf(owner, quotes = harness.quoteTokens) {
      const lines = [{ sku: '7' as SkuId, quantity: 1, unitPrice: '100' }] // Any decimal is a SKU's id here.
      const id = harness.ids.next() as OrderId // A fresh snowflake.
      return (await quotes.sign({ id, buyer: owner, source: 'web', lines, rates: {} })).token
    },
  }
  return played
}
