import { setTimeout as pause } from 'node:timers/promises'
import type { OfferKey, TicketId } from '../domain/flash-sale.ts'
import type { UserId } from '../domain/ids.ts'
import type { Container } from '../runtime/container.ts'
import { startConsumer } from '../workers/consumer/consumer.ts'
import { consumerDeps } from '../workers/consumer/deps.ts'
import { say } from './figures.ts'
import { makeOffer } from './offer.ts'
import type { Shop } from './shop.ts'

const live = 10_000

/**
 * Seconds from a flush of Redis to the next buyer who is let in, with 10,000 tickets of live orders to be
 * known again. One number a round.
 */
export async function measureRebuild(
  container: Container,
  { env, shop }: { env: Parameters<typeof consumerDeps>[0]; shop: Shop },
  rounds: number,
): Promise<number[]> {
  const offer = await crowdedOffer(container)
  const consumer = startConsumer(consumerDeps(env, container))
  const seconds: number[] = []
  try {
    await letIn(container, shop, offer)
    for (let round = 1; round <= rounds; round++) {
      await container.gate.redis.flushall()
      const began = performance.now()
      await letIn(container, shop, offer)
      seconds.push((performance.now() - began) / 1000)
      say(`rebuild ${round} of ${rounds}: ${seconds.at(-1)?.toFixed(2)} s`)
    }
    return seconds
  } finally {
    await consumer.stop()
  }
}

/** An offer with so many pieces sold to live orders, and as many left. */
async function crowdedOffer(container: Container): Promise<OfferKey> {
  const { sql } = container.db
  const { session, sku } = await makeOffer(container, 2 * live)
  await sql`UPDATE offers SET granted = ${live}, sold = ${live} WHERE session_id = ${session}`
  const base = BigInt(container.ids.next())
  await sql`
    INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state)
    SELECT ${base.toString()}::bigint + n, ${session}, ${sku}, 900000 + n, 1, 1, n, 'live'
    FROM generate_series(1, ${live}) n`
  return { session, sku }
}

/** Has one new buyer after the other join until one is let in. */
async function letIn({ gate, ids }: Container, shop: Shop, offer: OfferKey): Promise<void> {
  const address = shop.buyers[0]?.address
  if (!address) throw new Error('the shop has no buyers')
  for (;;) {
    const buyer = ids.next() as UserId // Fresh snowflakes.
    const { token } = await gate.issueToken(offer, buyer, 0)
    const { answer } = await gate.admit(offer, {
      buyer,
      pieces: 1,
      address,
      token,
      ticket: ids.next() as TicketId,
    })
    if (answer === 'admitted') return
    await pause(10)
  }
}
