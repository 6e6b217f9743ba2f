import { z } from '@hono/zod-openapi'
import { hidden, payStates, shippingStates, statuses } from '../../../domain/order.ts'
import { addressSnapshot } from './address.ts'
import { attributes } from './goods.ts'
import { refundSchema } from './refund.ts'
import { count, fenText, id, moment, money, page, words } from './values.ts'

export const placement = z
  .strictObject({
    quoteToken: z.string().min(1).max(60_000),
    addressId: id,
    couponId: id.optional(),
    /** 100 are 1 yuan. */
    points: count.optional(),
    /** Fen from the wallet at the most. */
    balance: fenText.optional(),
    payment: z.enum(['online', 'on_delivery']),
    note: words(0, 500).optional(),
  })
  .openapi('Placement')

export const orderSchema = z
  .object({
    id: z.string(),
    /** The same as `id`: what a buyer reads out on the telephone. */
    number: z.string(),
    kind: z.union([z.literal(1), z.literal(2)]),
    source: z.string(),
    status: z.enum(statuses),
    payState: z.enum(payStates),
    shippingState: z.enum(shippingStates),
    payment: z.enum(['online', 'on_delivery']),
    amounts: z.object({
      goods: money,
      shipping: money,
      coupon: money,
      points: money,
      balance: money,
      due: money,
    }),
    /** Points spent; `amounts.points` is what they are worth. */
    pointsUsed: z.string(),
    couponId: z.string().nullable(),
    lines: z.array(
      z.object({
        line: z.number(),
        sku: z.string(),
        name: z.string(),
        image: z.string(),
        attributes,
        unitPrice: money,
        quantity: z.number(),
        amount: money,
        /** This line's share of each deduction. */
        coupon: money,
        points: money,
        balance: money,
      }),
    ),
    address: addressSnapshot.nullable(),
    note: z.string(),
    placedAt: moment,
    confirmedAt: moment.nullable(),
    payBy: moment.nullable(),
    paidAt: moment.nullable(),
    closedAt: moment.nullable(),
    closedWhy: z.enum(['pay_timeout', 'buyer_cancelled', 'operator_cancelled']).nullable(),
    /** Why placing it was refused. */
    refusal: z.object({ code: z.string(), details: z.record(z.string(), z.unknown()) }).nullable(),
  })
  .openapi('Order')

/** A text to show as a QR code; what WeChat's own browser is called with (JSAPI调起支付); where to send the browser; a form to post there. */
const openAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('qr'), qr: z.string() }),
  z.object({
    kind: z.literal('jsapi'),
    ...{
      appId: z.string(),
      timeStamp: z.string(),
      nonceStr: z.string(),
      package: z.string(),
      signType: z.literal('RSA'),
      paySign: z.string(),
    },
  }),
  z.object({ kind: z.literal('url'), url: z.string() }),
  z.object({ kind: z.literal('form'), action: z.string(), fields: z.record(z.string(), z.string()) }),
])

const attemptState = z.enum(['opening', 'open', 'paid', 'closed', 'failed'])

export const orderWithStory = orderSchema
  .extend({
    log: z.array(
      z.object({ at: moment, from: z.enum(statuses).nullable(), to: z.enum(statuses), why: z.string() }),
    ),
    attempts: z.array(
      z.object({
        number: z.string(),
        channel: z.string(),
        state: attemptState,
        amount: money,
        captured: money,
        refunding: money,
        refunded: money,
        qr: z.string().nullable(),
        answer: openAnswer.nullable(),
        openedAt: moment,
        expiresAt: moment,
        endedAt: moment.nullable(),
      }),
    ),
    refunds: z.array(refundSchema),
  })
  .openapi('OrderWithStory')

export const orderPage = z.object({ orders: z.array(orderSchema), next: z.string().nullable() })

export const pendingSchema = z.object({ orderId: z.string(), look: z.string() }).openapi('Pending')

const shown = statuses.filter((status) => !hidden.includes(status))
export const orderQuery = page.extend({ status: z.enum(shown).optional() })

const channels = [
  'wechat-v3',
  'wechat-v3-jsapi',
  'wechat-v3-h5',
  'wechat-v2',
  'alipay',
  'alipay-qr',
  'balance',
] as const

export const paymentRequest = z
  .strictObject({
    channel: z.enum(channels),
    /** The buyer's openid at the shop's own app: only `wechat-v3-jsapi` needs it. */
    openid: words(1, 128).optional(),
  })
  .refine(({ channel, openid }) => channel !== 'wechat-v3-jsapi' || openid !== undefined, {
    path: ['openid'],
    error: 'the buyer’s openid: WeChat’s own browser cannot pay without it',
  })
  .openapi('PaymentRequest')

/** What `answer` says is needed to pay; `qr` is the same text once more, where it is a QR code. */
export const attemptSchema = z
  .object({
    number: z.string(),
    channel: z.string(),
    state: attemptState,
    amount: money,
    qr: z.string().nullable(),
    answer: openAnswer.nullable(),
    expiresAt: moment,
  })
  .openapi('Attempt')
