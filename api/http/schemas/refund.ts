import { z } from '@hono/zod-openapi'
import { moment, money, words } from './values.ts'

const pieces = z.strictObject({ line: z.int().min(1), quantity: z.int().min(1).max(999) })

/** A refund is made once for its key: without one, a repeated request would send the money twice. */
export const refundHeaders = z.object({
  'idempotency-key': z
    .string({ error: 'a key of your own for this refund; the same one again is the same refund' })
    .regex(/^[\w.:-]{1,64}$/, { error: 'letters, digits and . : _ - , at the most 64' }),
})

/** Without `lines` and `shipping`: all that is left of the order. */
export const refundRequest = z
  .strictObject({
    lines: z
      .array(pieces)
      .min(1)
      .max(200)
      .refine((lines) => new Set(lines.map(({ line }) => line)).size === lines.length, {
        error: 'each line once',
      })
      .optional(),
    /** The shipping fee too. */
    shipping: z.boolean().optional(),
    /** Why, for whoever looks later; the buyer sees it. */
    reason: words(1, 200),
    /** Whether the pieces are on our shelves again; by default they are when the order has not been shipped. */
    restock: z.boolean().optional(),
  })
  .openapi('RefundRequest')

export const refundSchema = z
  .object({
    number: z.string(),
    cause: z.enum(['late', 'duplicate', 'wrong_amount', 'cancelled', 'operator']),
    /** `asked`: on its way. `closed`, `abnormal`: the provider could not, and a human has been told. */
    state: z.enum(['asked', 'success', 'closed', 'abnormal']),
    /** What goes back to where it was paid from. */
    amount: money,
    balance: money,
    points: z.string(),
    shipping: money,
    paidTo: z.enum(['source', 'wallet']).nullable(),
    reason: z.string(),
    lines: z.array(z.object({ line: z.number(), quantity: z.number() })),
    createdAt: moment,
    endedAt: moment.nullable(),
  })
  .openapi('Refund')
