import { z } from '@hono/zod-openapi'
import { flashPayWithinMs, isSessionId } from '../../../domain/flash-sale.ts'
import { sessionId } from './seckill.ts'
import { id, moment, money } from './values.ts'

const mostPieces = 1_000_000
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/** Of a piece: small enough that a session's takings can be counted. */
const price = z.strictObject({
  fen: z
    .string()
    .regex(/^\d{1,12}$/)
    .transform((text) => BigInt(text).toString())
    .openapi({ example: '9900' }),
  currency: z.literal('CNY').optional(),
})

export const offerInput = z
  .strictObject({
    sku: id,
    price,
    quota: z.int().min(1).max(mostPieces),
    /** Pieces a buyer may have. */
    limit: z.int().min(1).max(999).default(1),
    /** Whose shelf the pieces come from. */
    warehouse: z.int().min(0).max(2_147_483_647),
  })
  .openapi('NewOffer')

export const sessionInput = z
  .strictObject({
    /** The hour in Shanghai that it opens in, unless you say otherwise. */
    id: sessionId.optional(),
    opensAt: time,
    endsAt: time,
    /** How long its orders wait for their payment. */
    payWithinS: z
      .int()
      .min(1)
      .max(86_400)
      .default(flashPayWithinMs / 1000),
    captcha: z.boolean().default(false),
    offers: z.array(offerInput).max(200).default([]),
  })
  .superRefine(({ opensAt, endsAt, offers }, context) => {
    if (endsAt <= opensAt)
      context.addIssue({ code: 'custom', path: ['endsAt'], message: 'a session ends after it opens' })
    else if (endsAt.getTime() <= Date.now())
      context.addIssue({ code: 'custom', path: ['endsAt'], message: 'this is past' })
    for (const [i, { sku }] of offers.entries()) {
      if (offers.findIndex((offer) => offer.sku === sku) < i)
        context.addIssue({ code: 'custom', path: ['offers', i, 'sku'], message: 'a SKU is offered once' })
    }
  })
  .openapi('NewSession')

export const quotaInput = z.strictObject({ quota: z.int().min(0).max(mostPieces) }).openapi('QuotaChange')

/** `Idempotency-Key`: the change's id. Repeated with it, it is done once, and heard the same. */
export const changeHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\w.:-]{1,64}$/, { error: 'letters, digits and . : _ - , at the most 64' })
    .optional(),
})

const offer = z.object({
  sku: z.string(),
  name: z.string(),
  price: money,
  quota: z.number(),
  /** Pieces of tickets that count, and those that orders have taken. */
  granted: z.number(),
  sold: z.number(),
  limit: z.number(),
  warehouse: z.number(),
  /** Its pieces are out of the warehouse, its gate is loaded. */
  preheated: z.boolean(),
  soldOut: z.boolean(),
})

export const sessionSchema = z
  .object({
    id: z.string(),
    opensAt: moment,
    endsAt: moment,
    phase: z.enum(['planned', 'running', 'ended']),
    paused: z.boolean(),
    captcha: z.boolean(),
    payWithinS: z.number(),
    createdAt: moment,
    endedAt: moment.nullable(),
    offers: z.array(offer),
  })
  .openapi('Session')

export const sessionQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** `next` of the page before. */
  cursor: z.string().refine(isSessionId, { error: 'a session’s id' }).optional(),
})
export const sessionPage = z.object({ sessions: z.array(sessionSchema), next: z.string().nullable() })

export const reportSchema = z
  .object({
    session: z.string(),
    phase: z.enum(['planned', 'running', 'ended']),
    offers: z.array(
      z.object({
        sku: z.string(),
        name: z.string(),
        quota: z.number(),
        granted: z.number(),
        sold: z.number(),
        paid: z.number(),
        givenBack: z.number(),
        refused: z.number(),
        tickets: z.number(),
        buyers: z.number(),
        takings: money,
        soldOutAt: moment.nullable(),
      }),
    ),
  })
  .openapi('SessionReport')
