import { readRefunds } from '../../../db/reads/refunds.ts'
import type { RefundNumber } from '../../../domain/ids.ts'
import type { Acted } from '../../../services/payments/refunds/failed.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { failedRefundRequest, refundNumberParam, refundSchema, requiredKey } from '../schemas/refund.ts'
import { bearer, body, json } from '../schemas/values.ts'
import { refundView } from '../views/refund.ts'

const act = <N extends 'reissue' | 'paid-by-hand', I extends string>(
  name: N,
  {
    operationId,
    summary,
    description,
    answer,
  }: Record<'summary' | 'description' | 'answer', string> & {
    operationId: I
  },
) =>
  operation(
    {
      tags: ['Operators'],
      security: bearer,
      method: 'post',
      path: `/v1/ops/refunds/{number}/${name}` as const,
      operationId,
      summary,
      description,
      request: { params: refundNumberParam, headers: requiredKey, body: body(failedRefundRequest) },
      responses: { 201: json(answer, refundSchema) },
    },
    'refund_unknown',
    'refund_not_failed',
    'refund_reused',
  )
const reissue = act('reissue', {
  operationId: 'reissueRefund',
  summary: 'Issues a failed refund anew. The same Idempotency-Key is the same action',
  description:
    'For a refund that its provider ended as `closed` or `abnormal`: another one, under a number of its own, ' +
    'carries the money. It is not sent when the first one has succeeded after all.',
  answer: 'The refund that carries the money now',
})
const paidByHand = act('paid-by-hand', {
  operationId: 'recordRefundPaidByHand',
  summary: 'Records that a failed refund was paid by hand. The same Idempotency-Key is the same action',
  description:
    'For a refund that its provider ended as `closed` or `abnormal` and the shop has paid by another way: ' +
    'nothing is owed any more.',
  answer: 'The refund, which is owed no more',
})

/** What operators do about refunds that their provider could not make. Who did it is stored. */
export function opsFailedRefundRoutes(deps: Pick<ApiDeps, 'db' | 'refunding'>) {
  const { db, refunding } = deps
  const shown = async ({ number, orderId }: Acted) => {
    const made = (await readRefunds(db.sql, orderId)).find((one) => one.number === number)
    if (!made) throw new Problem('fault')
    return refundView(made)
  }
  return routes()
    .openapi(reissue, async (c) => {
      // Whether there is one is for the service to say.
      const number = c.req.valid('param').number as RefundNumber
      const { note } = c.req.valid('json')
      const key = c.req.valid('header')['idempotency-key']
      return c.json(await shown(await refunding.reissue({ number, key, by: c.var.buyer, note })), 201)
    })
    .openapi(paidByHand, async (c) => {
      // Whether there is one is for the service to say.
      const number = c.req.valid('param').number as RefundNumber
      const { note } = c.req.valid('json')
      const key = c.req.valid('header')['idempotency-key']
      return c.json(
        await shown(await refunding.recordPaidByHand({ number, key, by: c.var.buyer, note })),
        201,
      )
    })
}
