import type { OfferKey } from '../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../domain/ids.ts'
import type { Container } from '../runtime/container.ts'
import { insertOffer } from '../services/flash-sales/add-offer.ts'
import { preheat } from '../services/flash-sales/preheat.ts'
import { warehouse } from './shop.ts'

/** An offer of a fresh SKU of the benchmark's shop, open for an hour, its gate loaded. */
export async function openedOffer(
  { db: { sql }, gate, ids }: Pick<Container, 'db' | 'gate' | 'ids'>,
  pieces: number,
): Promise<OfferKey> {
  const session = `2026010100-${ids.next()}` as SessionId // The form of an operator's id.
  const sku = ids.next() as SkuId // A fresh snowflake.
  await sql`
    INSERT INTO skus (id, product_id, name, price_fen)
    SELECT ${sku}, product_id, 'Bench', 5000
    FROM skus
    LIMIT 1`
  await sql`INSERT INTO stock (sku_id, warehouse_id, on_hand) VALUES (${sku}, ${warehouse}, ${pieces})`
  await sql`
    INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms)
    VALUES (${session}, now(), now() + interval '1 hour', 600000)`
  await sql.begin((tx) =>
    insertOffer(tx, session, { sku, priceFen: '4000', quota: pieces, limit: 1, warehouse }),
  )
  await preheat({ sql, gate }, session)
  return { session, sku }
}

/**
 * Adds so many tickets of live orders to an offer, each of a buyer of its own; answers the first one's id.
 */
export async function addLiveTickets(
  { db: { sql }, ids }: Pick<Container, 'db' | 'ids'>,
  { session, sku }: OfferKey,
  tickets: number,
): Promise<bigint> {
  const first = BigInt(ids.next()) + 1n
  await sql`
    UPDATE offers
    SET granted = granted + ${tickets}, sold = sold + ${tickets}
    WHERE session_id = ${session} AND sku_id = ${sku}`
  for (let from = 0; from < tickets; from += aStatement)
    await sql`
      INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state)
      SELECT ${first.toString()}::bigint + n, ${session}, ${sku},
             ${firstHolder}::bigint + n, 1, 1, n + 1, 'live'
      FROM generate_series(${from}::int, ${Math.min(from + aStatement, tickets) - 1}::int) n`
  return first
}

/** Rows that one statement writes well within its time-out. */
const aStatement = 50_000

/** The buyer of the first ticket; the next ones follow it. */
export const firstHolder = 900_000
