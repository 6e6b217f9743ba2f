import { readRefunds } from '../../../db/reads/refunds.ts'
import type { OrderId } from '../../../domain/ids.ts'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { refundHeaders, refundRequest, refundSchema } from '../schemas/refund.ts'
import { bearer, body, idParam, json } from '../schemas/values.ts'
import { refundView } from '../views/refund.ts'

const refund = operation(
  {
    tags: ['Operators'],
    security: bearer,
    method: 'post',
    path: '/v1/ops/orders/{id}/refunds',
    operationId: 'refundOrder',
    summary: 'Refunds a paid order, whole or in part. The same Idempotency-Key is the same refund',
    description:
      'What came from wallet and points is back with the answer; the money is `asked` until the provider’s ' +
      'final word.',
    request: { params: idParam, headers: refundHeaders, body: body(refundRequest) },
    responses: {
      201: json('The refund; what came from wallet and points is there again', refundSchema),
    },
  },
  'not_refundable',
  'nothing_to_refund',
  'refund_exceeds',
  'refund_reused',
)

/** Money back, for operators. */
export function opsRefundRoutes({ db: { sql }, refunding }: Pick<ApiDeps, 'db' | 'refunding'>) {
  return routes().openapi(refund, async (c) => {
    const id = c.req.valid('param').id as OrderId // The schema has checked that it is an id.
    c.set('orderId', id)
    const { lines, shipping, reason, restock } = c.req.valid('json')
    const choice =
      lines || shipping !== undefined ? { lines: lines ?? [], shipping: shipping ?? false } : undefined
    const key = c.req.valid('header')['idempotency-key']
    const number = await refunding.refund(id, { key, choice, reason, restock, askedBy: c.var.buyer })
    const made = (await readRefunds(sql, id)).find((one) => one.number === number)
    if (!made) throw new Problem('fault')
    return c.json(refundView(made), 201)
  })
}
