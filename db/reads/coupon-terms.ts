import type { SkuId } from '../../domain/ids.ts'
import { fen } from '../../domain/money.ts'
import type { CouponTerms } from '../../domain/price.ts'

/** A row of `coupons` as JSON brings it: amounts and ids as text, times in ISO. */
export type CouponTermsRow = {
  kind: CouponTerms['does']['kind']
  amount: string | null
  percent: number | null
  cap: string | null
  minimum: string
  from: string
  until: string
  scope: SkuId[] | null
}

/** The terms that a coupon's row says. */
export const couponTerms = (row: CouponTermsRow): CouponTerms => ({
  does: doesOf(row),
  minimum: fen(row.minimum),
  scope: row.scope,
  validFrom: new Date(row.from),
  validUntil: new Date(row.until),
})

function doesOf({ kind, amount, percent, cap }: CouponTermsRow): CouponTerms['does'] {
  if (kind === 'amount_off') return { kind, amount: fen(amount ?? 0) }
  if (kind === 'percent_off') return { kind, percent: percent ?? 0, cap: cap === null ? null : fen(cap) }
  return { kind }
}
