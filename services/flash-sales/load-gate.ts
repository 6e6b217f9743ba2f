import type { Sql, Tx } from '../../db/types.ts'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { BuyersChunk } from '../../redis/gate/offer-load.ts'
import type { LoadWord } from '../../redis/gate/scripts.ts'
import { atMost } from './at-most.ts'
import type { OfferDeps } from './deps.ts'
import { readLook, type TermsRow, termsColumns, termsOf } from './read-look.ts'

/** What became of a load. `dropped`: PostgreSQL has left the epoch, or sells the offer no more. */
export type Loaded = LoadWord | 'dropped'

const chunk = 2000
/** How often a load asks whether PostgreSQL is still at its epoch. */
const askEveryMs = 1000
/** Each load keeps one of this process's connections for as long as it takes. */
const loads = atMost(2)

/**
 * Mints an offer's next epoch: staging refuses tickets of older gates from this moment on, so only the holder
 * of the offer's lease does it.
 * @param seen the epoch that the decision was made on: when PostgreSQL has left it, nothing happens
 * @param above an epoch that the new one has to pass as well: a gate's that is newer than PostgreSQL
 */
export async function mintEpoch(
  sql: Sql | Tx,
  { session, sku }: OfferKey,
  { seen, above = 0 }: { seen: number; above?: number },
): Promise<number | undefined> {
  const [minted] = await sql<{ epoch: number }[]>`
    UPDATE offers
    SET epoch = greatest(epoch, ${above}::int) + 1
    WHERE session_id = ${session}
      AND sku_id = ${sku}
      AND epoch = ${seen}
      AND preheated_at IS NOT NULL
      AND NOT ended
    RETURNING epoch`
  return minted?.epoch
}

/**
 * Loads the gate at a minted epoch with what PostgreSQL has in one snapshot: pieces left, buyers, and the
 * quota changes that are in both. What was given back, paid or added before the snapshot is in it; what
 * follows is synced with the new epoch. The gate is loaded paused, and opened by terms that are read
 * afterwards, so that no change of them is missed. No row is locked meanwhile; the load is dropped when
 * PostgreSQL leaves the epoch.
 */
export async function loadEpoch(deps: OfferDeps, offer: OfferKey, epoch: number): Promise<Loaded> {
  const { sql, gate } = deps
  const loaded = await loads(() =>
    sql.begin('isolation level repeatable read read only', (tx) =>
      loadSnapshot({ sql, tx, gate, offer, epoch }),
    ),
  )
  if (loaded !== 'loaded') return loaded
  const look = await readLook(sql, offer)
  if (look?.epoch === epoch) await gate.renew(offer, epoch, look)
  return loaded
}

type Snapshot = OfferDeps & { tx: Tx; offer: OfferKey; epoch: number }
type Row = TermsRow & { epoch: number; left: number; limit: number; changes: string[] }

async function loadSnapshot({ sql, tx, gate, offer, epoch }: Snapshot): Promise<Loaded> {
  const { session, sku } = offer
  // A million buyers take longer than a statement usually may, and are sorted in memory.
  await tx`SET LOCAL statement_timeout = '120s'`
  await tx`SET LOCAL idle_in_transaction_session_timeout = '120s'`
  await tx`SET LOCAL work_mem = '64MB'`
  const [row] = await tx<Row[]>`
    SELECT o.epoch,
           o.quota - o.granted AS left,
           o.buyer_limit AS limit,
           ${termsColumns(sql)},
           ARRAY(SELECT c.change
                 FROM offer_changes c
                 WHERE c.session_id = o.session_id
                   AND c.sku_id = o.sku_id
                   AND c.epoch = o.epoch) AS changes
    FROM offers o
    JOIN sessions s ON s.id = o.session_id
    WHERE o.session_id = ${session}
      AND o.sku_id = ${sku}
      AND NOT o.ended`
  if (row?.epoch !== epoch) return 'dropped'
  const { left, limit, changes } = row
  const terms = { ...termsOf(row), paused: true }
  return await gate.load(offer, {
    ...{ epoch, left, limit, terms, changes },
    buyers: buyersOf(tx, offer),
    wanted: isCurrent(sql, offer, epoch),
  })
}

/**
 * Every buyer with tickets that count, or who cools off, as the gate keeps them
 * (redis/gate/lua/shared/tickets.lua).
 */
async function* buyersOf(tx: Tx, { session, sku }: OfferKey): AsyncGenerator<BuyersChunk> {
  const rows = tx<{ buyer: UserId; record: string; seq: number }[]>`
    SELECT buyer_id::text AS buyer,
           string_agg(CASE state
                        WHEN 'given_back'
                        THEN concat(id, ':0:', (extract(epoch FROM cool_until) * 1000)::bigint, ':c')
                        WHEN 'paid'
                        THEN concat(id, ':', quantity, ':', seq, ':p')
                        ELSE concat(id, ':', quantity, ':', seq, ':l')
                      END,
                      ',' ORDER BY id) AS record,
           max(seq) AS seq
    FROM tickets
    WHERE session_id = ${session}
      AND sku_id = ${sku}
      AND (state IN ('waiting', 'live', 'paid') OR (state = 'given_back' AND cool_until > now()))
    GROUP BY buyer_id`.cursor(chunk)
  for await (const found of rows) {
    const records: Record<UserId, string> = {}
    let lastSeq = 0
    for (const { buyer, record, seq } of found) {
      records[buyer] = record
      lastSeq = Math.max(lastSeq, seq)
    }
    yield { records, lastSeq }
  }
}

/** Whether PostgreSQL is still at this epoch, asked once a second at the most. */
function isCurrent(sql: Sql, { session, sku }: OfferKey, epoch: number): () => Promise<boolean> {
  let [asked, current] = [performance.now(), true]
  return async () => {
    if (performance.now() - asked < askEveryMs) return current
    const found = await sql`
      SELECT 1
      FROM offers
      WHERE session_id = ${session}
        AND sku_id = ${sku}
        AND epoch = ${epoch}
        AND NOT ended`
    ;[asked, current] = [performance.now(), found.count === 1]
    return current
  }
}
