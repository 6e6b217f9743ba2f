import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { OfferDeps } from './deps.ts'
import { type TermsRow, termsColumns, termsOf } from './read-look.ts'

/** What an operator brakes: one offer of a session, or all of it. */
export type Brakable = { session: SessionId; sku?: SkuId }

/**
 * `pending`: offers whose gate is not at PostgreSQL's epoch; `away`: of these, the ones whose Redis did not
 * answer.
 */
export type Applied = { pending: SkuId[]; away: SkuId[] }

/**
 * Has the gates of a session, or of one offer, obey what PostgreSQL has committed. The ones that are not
 * reached get it with their load or with the supervisor's next look, whichever comes first.
 */
export async function applyTerms({ sql, gate }: OfferDeps, { session, sku }: Brakable): Promise<Applied> {
  const rows = await sql<(TermsRow & { sku: SkuId; epoch: number })[]>`
    SELECT o.sku_id::text AS sku,
           o.epoch,
           ${termsColumns(sql)}
    FROM offers o
    JOIN sessions s ON s.id = o.session_id
    WHERE o.session_id = ${session}
      AND (${sku ?? null}::bigint IS NULL OR o.sku_id = ${sku ?? null})
      AND o.preheated_at IS NOT NULL
      AND NOT o.ended
    ORDER BY o.sku_id`
  const words = await Promise.all(
    rows.map(({ sku, epoch, ...row }) => {
      const offer: OfferKey = { session, sku }
      return gate.setTerms(offer, epoch, termsOf(row)).catch(() => 'away' as const)
    }),
  )
  const whose = (test: (word: (typeof words)[number]) => boolean) =>
    rows.flatMap((row, i) => (test(words[i] ?? 'away') ? [row.sku] : []))
  return { pending: whose((word) => word !== 'same'), away: whose((word) => word === 'away') }
}
