import { z } from '@hono/zod-openapi'
import { isSessionId, type OfferKey } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { captchaSolution } from './captcha.ts'
import {
  attributes,
  exampleId,
  flag,
  id,
  idOf,
  moment,
  momentOf,
  moneyOf,
  nullable,
  text,
  whole,
} from './values.ts'

export const exampleSession = '2026121210'

/** A session's id: its hour in Shanghai, and a suffix where an hour has several. */
export const sessionId = z
  .string()
  .refine(isSessionId, { error: 'ten digits, and a suffix such as -b where an hour has several' })
  .openapi({
    pattern: '^\\d{10}(-[a-z0-9]{1,24})?$',
    description: 'A session: its hour in Shanghai, YYYYMMDDHH, and a suffix where an hour has several.',
    example: exampleSession,
  })

const session = sessionId.openapi({ param: { name: 'session', in: 'path' } })

/** The ids in a path; one that cannot be is 404, by the hook in routing.ts. */
export const sessionParam = z.object({ session })
export const offerParam = z.object({
  session,
  sku: id.openapi({ param: { name: 'sku', in: 'path' }, description: 'The SKU that is on offer.' }),
})

/** The ids of a path that `offerParam` has checked, or that are only looked up. */
export const offerOf = ({ session, sku }: { session: string; sku: string }): OfferKey => ({
  session: session as SessionId,
  sku: sku as SkuId,
})

const serverTime = momentOf('The server’s time: count down by this one.')

const saleOffer = z
  .object({
    sku: idOf('The SKU.'),
    name: text('Its name.', '龙井茶 250 g'),
    image: text('Its picture’s URL; may be empty.', '/images/tea.png'),
    attributes,
    price: moneyOf('The price of a piece in this session.', '990'),
    usualPrice: moneyOf('The price of a piece otherwise.'),
    quota: whole('Pieces that the session offers.', 1000),
    limit: whole('Pieces that a buyer may have.', 1),
    soldOut: flag('Everything is granted; what is not paid for comes back.', false),
  })
  .openapi('SaleOffer', { description: 'A SKU in a session.' })

const saleHead = z
  .object({
    id: text('The session’s id.', exampleSession),
    opensAt: momentOf('When it opens.'),
    endsAt: momentOf('When it ends.', '2026-12-12T03:00:00.000Z'),
    tokensFrom: momentOf('When the first tokens are given.', '2026-12-12T01:59:00.000Z'),
    state: z.enum(['coming', 'open', 'paused', 'ended']).openapi({
      description: 'Where the session is: `paused` lets nobody in and goes on later.',
      example: 'open',
    }),
    captcha: flag('Whether a token costs a captcha.', false),
  })
  .openapi('SaleHead', { description: 'A session without its offers.' })
const sale = z
  .object({ ...saleHead.shape, offers: z.array(saleOffer).openapi({ description: 'What it offers.' }) })
  .openapi('Sale', { description: 'A session with its offers.' })

export const salesSchema = z
  .object({
    current: z.array(sale).openapi({ description: 'The sessions that are on, paused ones too.' }),
    next: z.array(sale).openapi({ description: 'Those that come, the soonest first.' }),
  })
  .openapi('Sales', { description: 'The flash sales that are on, and those that come.' })
export const offerSchema = z
  .object({
    serverTime,
    session: saleHead,
    offer: saleOffer,
  })
  .openapi('SaleOfferPage', { description: 'An offer in its session.' })

export const tokenRequest = z
  .strictObject({
    captcha: captchaSolution.optional(),
  })
  .openapi('TokenRequest', { description: 'A request for a token.' })
export const tokenSchema = z
  .object({
    token: text('The right to join once; this buyer’s, for this offer.', 'pG4kqf0eTz1XcQ'),
    expiresAt: momentOf('Until when it is good.'),
  })
  .openapi('AdmissionToken', { description: 'The right to join a flash sale once.' })

export const joinRequest = z
  .strictObject({
    token: z.string().min(1).max(100).openapi({
      description: 'An admission token; used up only when it lets its buyer in.',
      example: 'pG4kqf0eTz1XcQ',
    }),
    quantity: z
      .int()
      .min(1)
      .max(999)
      .default(1)
      .openapi({ description: 'Pieces, up to the offer’s `limit`.', example: 1 }),
    addressId: idOf('Where to send the goods: one of the buyer’s addresses.'),
  })
  .openapi('JoinRequest', { description: 'What a buyer wants of an offer.' })

const joined = {
  ticket: idOf('The ticket’s id: its order’s id, too.'),
  position: whole('How many are before it in the queue, and itself.', 42),
}
const code = <C extends number>(is: C, description: string) =>
  z.literal(is).openapi({ description, example: is })
export const admittedSchema = z
  .object({ code: code(0, 'Let in.'), ...joined })
  .openapi('Admitted', { description: 'The buyer is let in.' })
export const queuedSchema = z
  .object({ code: code(100, 'In the queue already.'), ...joined })
  .openapi('AlreadyQueued', { description: 'The buyer was let in before: the same ticket.' })

export const ticketQuery = z.object({
  ticket: id.optional().openapi({ description: 'The ticket to look at; the newest one without it.' }),
})

const ticketStatuses = z
  .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)])
  .openapi({
    description: '1 queueing, 2 won and to be paid, 3 not paid in time, 4 failed, 5 paid.',
    example: 1,
  })

const ticketReason =
  'Of 4: why; else null. `lost`, `gate_rebuilt`: Redis has lost it before it was stored. `no_pieces_left`, ' +
  '`over_limit`, `session_ended`: PostgreSQL did not count it, as all pieces were granted, the buyer had as ' +
  'many as a buyer may, or the session was over. `buyer_cancelled`, `operator_cancelled`: its order was ' +
  'closed. Anything else: the refusal of its order, such as `address_unknown`.'

export const ticketSchema = z
  .object({
    type: z.literal(2).openapi({ description: 'A flash sale’s ticket.', example: 2 }),
    ticket: idOf('The ticket’s id: its order’s id, too.'),
    session: text('The session’s id.', exampleSession),
    sku: idOf('The SKU.'),
    quantity: nullable(whole('Pieces.', 1), 'Pieces; null where nothing is known but the ticket’s id.'),
    joinedAt: momentOf('When its buyer was let in.'),
    status: ticketStatuses,
    position: nullable(
      whole('Its place in the queue.', 42),
      'Of 1: how many are before it, and itself; 0 while its order is being placed; null: nobody can know.',
    ),
    waitS: nullable(whole('Seconds.', 3), 'Of 1: the time until it is its turn, s; null: nobody can know.'),
    orderId: z
      .string()
      .nullable()
      .openapi({ description: 'Of 2 and 5: its order; else null.', example: exampleId }),
    amount: nullable(moneyOf('What its order costs.', '990'), 'Of 2 and 5: what is due; else null.'),
    payBy: moment.nullable().openapi({ description: 'Of 2 and 5: until when it can be paid; else null.' }),
    reason: z.string().nullable().openapi({ description: ticketReason, example: 'lost' }),
    joinAgainAt: moment.nullable().openapi({
      description: 'Of 3 and 4: when a buyer who let it go unpaid may join again; null: at once.',
    }),
  })
  .openapi('Ticket', { description: 'A granted place in an offer’s queue.' })
