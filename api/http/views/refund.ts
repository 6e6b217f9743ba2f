import type { StoredRefund } from '../../../db/reads/refunds.ts'
import { fen, moneyJson } from '../../../domain/money.ts'

/** A refund as the API shows it. */
export const refundView = ({
  amount,
  balance,
  points,
  shipping,
  createdAt,
  endedAt,
  ...refund
}: StoredRefund) => ({
  ...refund,
  amount: moneyJson(fen(amount)),
  balance: moneyJson(fen(balance)),
  points: points.toString(),
  shipping: moneyJson(fen(shipping)),
  createdAt: createdAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
})
