import type { z } from '@hono/zod-openapi'
import type { Sql } from '../../db/types.ts'
import type { NewOffer } from '../../domain/flash-sale.ts'
import type { SkuId } from '../../domain/ids.ts'
import { unknownIn } from '../../services/flash-sales/plan-session.ts'
import { type FieldError, Problem } from '../http/errors/problem.ts'
import type { offerInput } from '../http/schemas/session.ts'

/** An offer as an operator wrote it. */
export const newOffer = ({ sku, price, quota, limit, warehouse }: z.output<typeof offerInput>): NewOffer => ({
  sku: sku as SkuId, // The schema has checked that it is an id.
  priceFen: price.fen,
  ...{ quota, limit, warehouse },
})

/**
 * Throws `validation` where an offer names goods or a warehouse that there are none of: a session's workflow
 * could only try for ever. `fieldOf`: what the n-th offer's field is called.
 */
export async function checkExist(
  sql: Sql,
  offers: readonly NewOffer[],
  fieldOf: (n: number, field: string) => string,
): Promise<void> {
  const unknown = await unknownIn(sql, offers)
  const errors = offers.flatMap(({ sku, warehouse }, n): FieldError[] => [
    ...(unknown.skus.includes(sku)
      ? [{ field: fieldOf(n, 'sku'), code: 'unknown_sku', message: 'there is no such item' }]
      : []),
    ...(unknown.warehouses.includes(warehouse)
      ? [{ field: fieldOf(n, 'warehouse'), code: 'unknown_warehouse', message: 'there is no such warehouse' }]
      : []),
  ])
  if (errors.length > 0) throw new Problem('validation', { field: errors[0]?.field ?? '', errors })
}
