import { z } from '@hono/zod-openapi'
import { mostPieces } from '../../../domain/quantity.ts'
import { decimal, moment, momentOf, moneyOf, text, whole, words } from './values.ts'

const pieces = z.strictObject({
  line: z.int().min(1).openapi({ description: 'The order’s line.', example: 1 }),
  quantity: z.int().min(1).max(mostPieces).openapi({ description: 'Pieces of it.', example: 1 }),
})

const reason = { description: 'Why, for whoever looks later; the buyer sees it.', example: '商品破损' }
const lines = z.array(pieces).min(1).max(200)

/** A refund is made once for its key: without one, a repeated request would send the money twice. */
export const refundHeaders = z.object({
  'idempotency-key': z
    .string({ error: 'a key of your own for this refund; the same one again is the same refund' })
    .regex(/^[\w.:-]{1,64}$/, { error: 'letters, digits and . : _ - , at the most 64' })
    .openapi({
      description: 'A key of your own for this refund; the same one again is the same refund.',
      example: 'ticket:4711',
    }),
})

export const refundRequest = z
  .strictObject({
    lines: lines
      .refine((lines) => new Set(lines.map(({ line }) => line)).size === lines.length, {
        error: 'each line once',
      })
      .optional()
      .openapi({ description: 'What is refunded of the goods, each line once.' }),
    shipping: z
      .boolean()
      .optional()
      .openapi({ description: 'Whether the shipping fee is refunded too.', example: false }),
    reason: words(1, 200).openapi(reason),
    restock: z.boolean().optional().openapi({
      description:
        'Whether the pieces are on our shelves again; by default, when the order has not been shipped.',
      example: true,
    }),
  })
  .openapi('RefundRequest', {
    description: 'What to refund. Without `lines` and `shipping`: all that is left of the order.',
  })

export const refundSchema = z
  .object({
    number: text('The refund’s number, which the provider knows too.', 'order-7263549184000000001-k3J9'),
    cause: z.enum(['late', 'duplicate', 'wrong_amount', 'cancelled', 'operator', 'reissue']).openapi({
      description:
        'Why money goes back: it came after the order had closed, twice, or in a wrong amount; the buyer ' +
        'cancelled; an operator refunded; a refund that failed was issued anew.',
      example: 'operator',
    }),
    state: z.enum(['asked', 'success', 'closed', 'abnormal', 'replaced']).openapi({
      description:
        '`asked`: on its way. `success`: arrived. `closed`, `abnormal`: the provider could not, and a ' +
        'human has been asked to act. `replaced`: another refund carries its money.',
      example: 'asked',
    }),
    amount: moneyOf('What goes back to where it was paid from.'),
    balance: moneyOf('What went back to the wallet, at once.', '0'),
    points: decimal('Points that went back, at once.', '0'),
    shipping: moneyOf('The shipping fee’s part of it.', '0'),
    paidTo: z
      .enum(['source', 'wallet', 'by_hand'])
      .nullable()
      .openapi({ description: 'Where the money arrived; null until it has.', example: 'source' }),
    reason: z.string().openapi(reason),
    lines: z
      .array(z.object({ line: whole('The order’s line.', 1), quantity: whole('Pieces of it.', 1) }))
      .openapi({ description: 'The goods that were refunded.' }),
    createdAt: momentOf('When it was asked for.'),
    endedAt: moment.nullable().openapi({ description: 'The provider’s final word; null until then.' }),
  })
  .openapi('Refund', { description: 'Money on its way back, or back.' })

/** What an operator does about a refund that its provider could not make. */
export const failedRefundRequest = z
  .strictObject({
    note: words(1, 200).openapi({
      description: 'Why, and how it was paid, for whoever looks later.',
      example: 'The card was cancelled; paid by bank transfer 4711.',
    }),
  })
  .openapi('FailedRefundRequest', { description: 'What an operator writes about it.' })

export const refundNumberParam = z.object({
  number: z
    .string()
    .regex(/^[\w|*@-]{1,64}$/)
    .openapi({
      param: { name: 'number', in: 'path' },
      description: 'The refund’s number.',
      example: 'order-7263549184000000001-k3J9',
    }),
})

/** The key that an action on a failed refund has to carry. */
export const requiredKey = z.object({
  'idempotency-key': z
    .string({ error: 'a key of your own: the same one is the same action' })
    .regex(/^[\w.:-]{1,64}$/, { error: 'letters, digits and . : _ - , at the most 64' })
    .openapi({ description: 'A key of your own: the same one is the same action.', example: 'reissue-4711' }),
})
