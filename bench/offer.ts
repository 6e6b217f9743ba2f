import type { OfferKey } from '../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../domain/ids.ts'
import type { Container } from '../runtime/container.ts'
import { insertOffer } from '../services/flash-sales/add-offer.ts'
import { preheat } from '../services/flash-sales/preheat.ts'
import { warehouse } from './shop.ts'

type OfferDeps = Pick<Container, 'db' | 'gate' | 'ids'>

/**
 * An offer of so many pieces, one a buyer, of a SKU of its own, in a session that has begun: its gate is
 * loaded. No pieces: it is sold out from the start.
 */
export async function makeOffer({ db: { sql }, gate, ids }: OfferDeps, pieces: number): Promise<OfferKey> {
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
