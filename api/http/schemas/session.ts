import { z } from '@hono/zod-openapi'
import { flashCoolOffMs, flashPayWithinMs, isSessionId } from '../../../domain/flash-sale.ts'
import { exampleSession, sessionId } from './seckill.ts'
import { flag, idOf, limit, moment, momentOf, moneyOf, text, whole } from './values.ts'

const mostPieces = 1_000_000
const [firstYear, lastYear] = [2000, 2099]

/**
 * A time that an operator writes, with its offset. Each check stops the ones behind it, so that what compares
 * two times meets only times; years that only a slip of the finger means, and that databases and drivers read
 * differently, are refused.
 */
const time = (description: string, example: string) =>
  z.iso
    .datetime({ offset: true, abort: true })
    .transform((text) => new Date(text))
    .refine((at) => at.getUTCFullYear() >= firstYear && at.getUTCFullYear() <= lastYear, {
      error: `a time from ${firstYear} to ${lastYear}`,
      abort: true,
    })
    .openapi({ type: 'string', format: 'date-time', description, example })

/** Of a piece: small enough that a session's takings can be counted. */
const price = z.strictObject({
  fen: z
    .string()
    .regex(/^\d{1,12}$/)
    .transform((text) => BigInt(text).toString())
    .openapi({ description: 'Whole fen as a decimal string.', example: '9900' }),
  currency: z.literal('CNY').optional().openapi({ description: 'Always the yuan.', example: 'CNY' }),
})

export const offerInput = z
  .strictObject({
    sku: idOf('The SKU to offer.'),
    price: price.openapi({ description: 'The price of a piece in this session.' }),
    quota: z.int().min(1).max(mostPieces).openapi({ description: 'Pieces to offer.', example: 1000 }),
    limit: z
      .int()
      .min(1)
      .max(999)
      .default(1)
      .openapi({ description: 'Pieces that a buyer may have.', example: 1 }),
    warehouse: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .openapi({ description: 'The warehouse that the pieces come from.', example: 1 }),
  })
  .openapi('NewOffer', { description: 'A SKU to offer in a session.' })

export const sessionInput = z
  .strictObject({
    id: sessionId
      .optional()
      .openapi({ description: 'Its id; without one, the hour in Shanghai that it opens in.' }),
    opensAt: time('When it opens.', '2026-12-12T10:00:00+08:00'),
    endsAt: time('When it ends: after it opens, and not past.', '2026-12-12T11:00:00+08:00'),
    payWithinS: z
      .int()
      .min(1)
      .max(86_400)
      .default(flashPayWithinMs / 1000)
      .openapi({ description: 'How long its orders wait for their payment, s.', example: 300 }),
    coolOffS: z
      .int()
      .min(0)
      .max(86_400)
      .default(flashCoolOffMs / 1000)
      .openapi({
        description:
          'How long a buyer who let a ticket go unpaid may not join its offer again, s; 0: not at all.',
        example: 600,
      }),
    captcha: z
      .boolean()
      .default(false)
      .openapi({ description: 'Whether a token costs a captcha.', example: false }),
    offers: z
      .array(offerInput)
      .max(200)
      .default([])
      .openapi({ description: 'What it offers, each SKU once; offers can be added later.' }),
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
  .openapi('NewSession', { description: 'A flash sale to plan.' })

export const quotaInput = z
  .strictObject({
    quota: z.int().min(0).max(mostPieces).openapi({ description: 'Pieces from now on.', example: 1200 }),
  })
  .openapi('QuotaChange', { description: 'How many pieces an offer has.' })

const key = 'The change’s id: repeated with it, the change is done once, and answered the same.'

/** `Idempotency-Key`: the change's id. */
export const changeHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\w.:-]{1,64}$/, { error: 'letters, digits and . : _ - , at the most 64' })
    .optional()
    .openapi({
      description: key,
      example: 'quota-20261212-1',
    }),
})

const offer = z
  .object({
    sku: idOf('The SKU.'),
    name: text('Its name.', '龙井茶 250 g'),
    price: moneyOf('The price of a piece.', '9900'),
    quota: whole('Pieces that are offered.', 1000),
    granted: whole('Pieces of tickets that count.', 42),
    sold: whole('Pieces of these that orders have taken.', 40),
    limit: whole('Pieces that a buyer may have.', 1),
    warehouse: whole('The warehouse that the pieces come from.', 1),
    preheated: flag('Its pieces are out of the warehouse, its gate is loaded.'),
    soldOut: flag('Everything is granted.', false),
    paused: flag('Whether an operator stopped letting buyers into this offer.', false),
    shedPercent: whole('Of a hundred tokens for this offer so many are refused.', 0),
  })
  .openapi('SessionOffer', { description: 'An offer as operators see it.' })

const phase = z
  .enum(['planned', 'running', 'ended'])
  .openapi({ description: 'Where the session is.', example: 'running' })

export const sessionSchema = z
  .object({
    id: text('The session’s id.', exampleSession),
    opensAt: momentOf('When it opens.'),
    endsAt: momentOf('When it ends.', '2026-12-12T03:00:00.000Z'),
    phase,
    paused: flag('Whether an operator stopped letting buyers in.', false),
    shedPercent: whole(
      'Of a hundred tokens so many are refused; the offer’s own counts where it is larger.',
      0,
    ),
    captcha: flag('Whether a token costs a captcha.', false),
    payWithinS: whole('How long its orders wait for their payment, s.', 300),
    coolOffS: whole('How long a buyer who let a ticket go unpaid may not join its offer again, s.', 600),
    createdAt: momentOf('When it was planned.'),
    endedAt: moment.nullable().openapi({ description: 'When it was ended and counted; null until then.' }),
    offers: z.array(offer).openapi({ description: 'What it offers.' }),
  })
  .openapi('Session', { description: 'A flash sale as operators see it.' })

export const brakedSchema = z
  .object({
    ...sessionSchema.shape,
    pending: z.array(z.string()).openapi({
      description: 'SKUs whose gate was not reached; it gets the decision with its next look or load.',
      example: [],
    }),
  })
  .openapi('BrakedSession', { description: 'A flash sale after a brake.' })
export const shedInput = z
  .strictObject({
    percent: z
      .int()
      .min(0)
      .max(100)
      .openapi({ description: 'Of a hundred tokens so many are refused as `paused`; 0: none.', example: 40 }),
  })
  .openapi('Shedding', { description: 'How many joins are refused before anything is decided.' })
export const switchInput = z
  .strictObject({ on: z.boolean().openapi({ description: 'On or off.', example: false }) })
  .openapi('Switch', { description: 'Switches something on or off.' })
export const switchSchema = z
  .object({ on: flag('Whether it is on.', false) })
  .openapi('SwitchState', { description: 'What a switch is set to.' })

export const sessionQuery = z.object({
  limit,
  cursor: z
    .string()
    .refine(isSessionId, { error: 'a session’s id' })
    .optional()
    .openapi({ description: '`next` of the page before.', example: exampleSession }),
})
export const sessionPage = z
  .object({
    sessions: z.array(sessionSchema).openapi({ description: 'The page, those that open last first.' }),
    next: z
      .string()
      .nullable()
      .openapi({ description: 'The next page’s `cursor`; null on the last page.', example: exampleSession }),
  })
  .openapi('SessionPage', { description: 'A page of flash sales.' })

const offerReport = z
  .object({
    sku: idOf('The SKU.'),
    name: text('Its name.', '龙井茶 250 g'),
    quota: whole('Pieces that were offered.', 1000),
    granted: whole('Pieces of tickets that count.', 990),
    sold: whole('Pieces of these that orders took.', 985),
    paid: whole('Pieces that are paid.', 950),
    givenBack: whole('Pieces that were given back.', 35),
    refused: whole('Pieces of tickets that were refused.', 5),
    tickets: whole('Tickets that were granted.', 990),
    buyers: whole('Buyers who got one.', 988),
    takings: moneyOf('What was paid.', '9405000'),
    soldOutAt: moment.nullable().openapi({ description: 'When everything was granted; null: never.' }),
  })
  .openapi('OfferReport', { description: 'What an offer has sold.' })

export const reportSchema = z
  .object({
    session: text('The session’s id.', exampleSession),
    phase,
    offers: z.array(offerReport).openapi({ description: 'Offer by offer.' }),
  })
  .openapi('SessionReport', { description: 'What a flash sale has sold up to now.' })
