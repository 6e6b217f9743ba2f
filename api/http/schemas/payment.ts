import { z } from '@hono/zod-openapi'
import { idOf, moment, momentOf, moneyOf, nullable, text } from './values.ts'

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
    channel: z.enum(channels).openapi({
      description: 'How to pay. One that is not configured is refused with `payment_refused`.',
      example: 'wechat-v3',
    }),
    openid: z
      .string()
      .regex(/^[\w-]{1,128}$/, { error: 'an openid: letters, digits, _ and -' })
      .optional()
      .openapi({
        description: 'The buyer’s openid at the shop’s own app; needed by `wechat-v3-jsapi` alone.',
        example: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      }),
  })
  .refine(({ channel, openid }) => channel !== 'wechat-v3-jsapi' || openid !== undefined, {
    path: ['openid'],
    error: 'the buyer’s openid: WeChat’s own browser cannot pay without it',
  })
  .openapi('PaymentRequest', { description: 'A try to pay.' })

const kind = <K extends string>(name: K, description: string) =>
  z.literal(name).openapi({ description, example: name })

const qrAnswer = z
  .object({
    kind: kind('qr', 'A QR code.'),
    qr: text('The text to show as a QR code.', 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz'),
  })
  .openapi('QrAnswer', { description: 'Show the text as a QR code.' })
const jsapiAnswer = z
  .object({
    kind: kind('jsapi', 'WeChat’s own browser (JSAPI调起支付).'),
    appId: text('The shop’s app.', 'wx2421b1c4370ec43b'),
    timeStamp: text('When it was signed, s since 1970.', '1760000000'),
    nonceStr: text('A random text.', '5K8264ILTKCH16CQ2502SI8ZNMTM67VS'),
    package: text('WeChat’s prepay id.', 'prepay_id=wx21201855730335ac86f8c43d1889123400'),
    signType: z.literal('RSA').openapi({ description: 'How it is signed.', example: 'RSA' }),
    paySign: text('The signature, Base64.', 'oR9d8PuhnIc+YZ8cBHFCwfgpaK9gd7va…'),
  })
  .openapi('JsapiAnswer', { description: 'Pass it to `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`.' })
const urlAnswer = z
  .object({
    kind: kind('url', 'A page.'),
    url: text(
      'Where to send the browser.',
      'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=…',
    ),
  })
  .openapi('UrlAnswer', { description: 'Send the phone’s browser there.' })
const formAnswer = z
  .object({
    kind: kind('form', 'A form.'),
    action: text('Where to post it.', 'https://openapi.alipay.com/gateway.do'),
    fields: z
      .record(z.string(), z.string())
      .openapi({ description: 'Its fields.', example: { method: 'alipay.trade.page.pay' } }),
  })
  .openapi('FormAnswer', { description: 'Post `fields` to `action`: the provider’s page.' })

const openAnswer = z
  .discriminatedUnion('kind', [qrAnswer, jsapiAnswer, urlAnswer, formAnswer])
  .openapi('PayAnswer', { description: 'What is needed to pay.' })

const shared = {
  number: idOf('The attempt’s number; the provider’s `out_trade_no`.'),
  channel: text('How it is paid.', 'wechat-v3'),
  state: z.enum(['opening', 'open', 'paid', 'closed', 'failed']).openapi({
    description: 'An order is payable while it awaits its payment, whatever became of its attempts.',
    example: 'open',
  }),
  amount: moneyOf('What is to be paid.'),
  qr: z.string().nullable().openapi({
    description: 'The same text once more where `answer` is a QR code; else null.',
    example: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz',
  }),
  answer: nullable(openAnswer, 'What is needed to pay; null where nothing (more) is.'),
  expiresAt: momentOf('Until when the provider takes the money: the order’s deadline.'),
}

/** An attempt that was just opened. */
export const attemptSchema = z.object(shared).openapi('Attempt', { description: 'A try to pay an order.' })

/** An attempt with what became of it. */
export const attemptWithMoney = z
  .object({
    ...shared,
    captured: moneyOf('What the provider took.', '0'),
    refunding: moneyOf('What of it is on its way back.', '0'),
    refunded: moneyOf('What of it is back.', '0'),
    openedAt: momentOf('When it was opened.'),
    endedAt: moment.nullable().openapi({ description: 'When it ended; null until then.' }),
  })
  .openapi('AttemptWithMoney', { description: 'A try to pay an order, and what became of it.' })
