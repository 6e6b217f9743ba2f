import type { AttemptNumber, OrderId, RefundNumber } from '../../../domain/ids.ts'
import type { RefundRequest, RefundState } from '../../../providers/provider.ts'
import type { resolveRefund } from '../../../services/payments/refunds/resolve.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { accounts } from '../../support/paying.ts'
import type { ShopOfFile } from '../../support/use-shop.ts'
import { closedUnpaid } from './resolving.ts'

/** A refund of money that came too late, before its provider is asked for it. */
export type OwedRefund = {
  order: OrderId
  attempt: AttemptNumber
  number: RefundNumber
  /** What the provider says of each refund; none of another number. */
  said: Map<RefundNumber, RefundState['is']>
  /** What it was asked to send. */
  sent: RefundRequest[]
  send(number: RefundNumber): ReturnType<typeof refundAtProvider>
  deps: Parameters<typeof resolveRefund>[0]
}

/** Refunds that a shop owes, at a provider that says what a test wants. */
export function owedRefunds({ sql, shop, till }: Pick<ShopOfFile, 'sql' | 'shop' | 'till'>) {
  /** Money that came too late, and whose refund the provider has not been asked for. */
  async function owed(rules: object = {}): Promise<OwedRefund> {
    const { order, attempt } = await closedUnpaid(sql, shop, till)
    // As it says.
    const number = (await till.notify(await till.facts(attempt))).replace('refund ', '') as RefundNumber
    const said = new Map<RefundNumber, RefundState['is']>()
    const sent: RefundRequest[] = []
    const pay = {
      ...till.pay,
      ...rules,
      refund: async (request: RefundRequest): Promise<RefundState> => {
        sent.push(request)
        return { is: said.get(request.refund) ?? 'success', code: 'SAID' }
      },
      queryRefund: async (refund: RefundNumber): Promise<RefundState> =>
        sent.some((request) => request.refund === refund)
          ? { is: said.get(refund) ?? 'success', code: 'SAID' }
          : { is: 'missing', code: 'NONE' },
    }
    const deps = { sql, providers: { pay }, accounts, refundFallback: 'none' as const }
    return { order, attempt, number, said, sent, deps, send: (refund) => refundAtProvider(deps, refund) }
  }

  /** What humans are asked to act on. */
  const attentionAbout = async (...subjects: string[]) => [
    ...(await sql`
      SELECT reason
      FROM attention
      WHERE subject = ANY(${subjects}::text[]) AND cleared_at IS NULL
      ORDER BY reason`),
  ]
  return { owed, attentionAbout }
}
