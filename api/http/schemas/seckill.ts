import { z } from '@hono/zod-openapi'
import { isSessionId, type OfferKey } from '../../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { attributes } from './goods.ts'
import { id, moment, money } from './values.ts'

/** A session's id: its hour in Shanghai, and a suffix where an hour has several. */
export const sessionId = z
  .string()
  .refine(isSessionId, { error: 'ten digits, and a suffix such as -b where an hour has several' })
  .openapi({ example: '2026121210' })

const session = sessionId.openapi({ param: { name: 'session', in: 'path' } })

/** The ids in a path; one that cannot be is 404, by the hook in routing.ts. */
export const sessionParam = z.object({ session })
export const offerParam = z.object({ session, sku: id.openapi({ param: { name: 'sku', in: 'path' } }) })

/** The ids of a path that `offerParam` has checked, or that are only looked up. */
export const offerOf = ({ session, sku }: { session: string; sku: string }): OfferKey => ({
  session: session as SessionId,
  sku: sku as SkuId,
})

const saleOffer = z
  .object({
    sku: z.string(),
    name: z.string(),
    image: z.string(),
    attributes,
    price: money,
    usualPrice: money,
    quota: z.number(),
    /** Pieces a buyer may have. */
    limit: z.number(),
    /** Everything is granted; what is not paid for comes back. */
    soldOut: z.boolean(),
  })
  .openapi('SaleOffer')

const saleHead = z.object({
  id: z.string(),
  opensAt: moment,
  endsAt: moment,
  /** When the first tokens are given. */
  tokensFrom: moment,
  state: z.enum(['coming', 'open', 'paused', 'ended']),
  /** Whether a token costs a captcha. */
  captcha: z.boolean(),
})
const sale = saleHead.extend({ offers: z.array(saleOffer) }).openapi('Sale')

/** `serverTime`: count down by this one. */
export const salesSchema = z
  .object({ serverTime: moment, current: z.array(sale), next: z.array(sale) })
  .openapi('Sales')
export const offerSchema = z
  .object({ serverTime: moment, session: saleHead, offer: saleOffer })
  .openapi('SaleOfferPage')

export const tokenRequest = z
  .strictObject({
    captcha: z
      .strictObject({ id: z.string().regex(/^[\w-]{1,40}$/), answer: z.string().min(1).max(20) })
      .optional(),
  })
  .openapi('TokenRequest')
export const tokenSchema = z.object({ token: z.string(), expiresAt: moment }).openapi('AdmissionToken')

export const joinRequest = z
  .strictObject({
    token: z.string().min(1).max(100),
    quantity: z.int().min(1).max(999).default(1),
    addressId: id,
  })
  .openapi('JoinRequest')

const joined = { ticket: z.string(), position: z.number() }
export const admittedSchema = z.object({ code: z.literal(0), ...joined }).openapi('Admitted')
export const queuedSchema = z.object({ code: z.literal(100), ...joined }).openapi('AlreadyQueued')

export const ticketQuery = z.object({ ticket: id.optional() })

/** `status`: 1 queueing, 2 won and awaiting its payment, 3 not paid in time, 4 failed, 5 paid. */
export const ticketSchema = z
  .object({
    type: z.literal(2),
    ticket: z.string(),
    session: z.string(),
    sku: z.string(),
    /** Null where nothing is known but the ticket's number. */
    quantity: z.number().nullable(),
    joinedAt: moment,
    status: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5)]),
    /** While queueing: how many are before it and itself; 0 while its order is being placed, null while nobody can know. */
    position: z.number().nullable(),
    waitS: z.number().nullable(),
    /** From 2 on, where there is an order: what it costs, and until when it can be paid. */
    orderId: z.string().nullable(),
    amount: money.nullable(),
    payBy: moment.nullable(),
    /** Of 4. `lost`, `gate_rebuilt`: the machinery's fault; join again. */
    reason: z.string().nullable(),
  })
  .openapi('Ticket')
