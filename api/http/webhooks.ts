import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import { text } from './schemas/values.ts'

type Registry = OpenAPIHono['openAPIRegistry']

const about = { method: 'post' as const, tags: ['Providers'], security: [] }
const believed = 'Its signature, age and merchant are verified, and it is stored, before it is acknowledged.'

const resource = z.object({
  original_type: text('What is encrypted.', 'transaction'),
  algorithm: z.literal('AEAD_AES_256_GCM').openapi({ description: 'How.', example: 'AEAD_AES_256_GCM' }),
  ciphertext: text('The transaction or refund, encrypted with the APIv3 key; Base64.', 'q83vEjRWeJCrze8='),
  associated_data: text('Authenticated with it.', 'transaction'),
  nonce: text('Its nonce.', 'fdasflkja484w'),
})
const wechatV3 = z
  .object({
    id: text('The notification’s id.', 'EV-2018022511223320873'),
    create_time: text('When WeChat made it, RFC 3339.', '2026-12-12T10:00:00+08:00'),
    resource_type: text('Always the same.', 'encrypt-resource'),
    event_type: text('`TRANSACTION.SUCCESS`, or `REFUND.` SUCCESS, ABNORMAL, CLOSED.', 'TRANSACTION.SUCCESS'),
    summary: text('In words.', '支付成功'),
    resource: resource.openapi({ description: 'What happened.' }),
  })
  .openapi('WechatV3Notification', { description: '支付成功通知, 退款结果通知 (APIv3).' })
const wechatV3Headers = z.object({
  'Wechatpay-Serial': text('Which key signed it.', 'PUB_KEY_ID_0114232134912410000000000000'),
  'Wechatpay-Timestamp': text('When, s since 1970; within 300 s of now.', '1760000000'),
  'Wechatpay-Nonce': text('A random text, signed too.', 'EcKLDPAzFg4bLnKm'),
  'Wechatpay-Signature': text(
    'RSA-SHA256 over time, nonce and body; Base64.',
    'CtcbzwtQjN8rnOXItEBJ5aQFSnIXESeV28Pr2YEmf9w=',
  ),
})
const refusedBody = z
  .object({
    code: z.literal('FAIL').openapi({ description: 'Always the same.', example: 'FAIL' }),
    message: text('Why.', 'not believed'),
  })
  .openapi('WechatV3Refusal', { description: 'Makes WeChat send the notification again.' })
const refusal = (description: string) => ({
  description,
  content: { 'application/json': { schema: refusedBody } },
})

const inWords = (type: string, description: string, taken: string) => ({
  description,
  content: { [type]: { schema: text('The provider’s own word.', taken) } },
})

const callbacks: RouteConfig[] = [
  {
    ...about,
    path: 'wechatV3',
    operationId: 'onWechatV3',
    summary: 'WeChat Pay (APIv3) says that a payment or refund has ended',
    description: `Posted to \`/v1/notify/wechat/v3\`. ${believed} WeChat’s pages: 支付成功通知 and 退款结果通知.`,
    request: {
      headers: wechatV3Headers,
      body: { required: true, content: { 'application/json': { schema: wechatV3 } } },
    },
    responses: {
      204: { description: 'Stored.' },
      401: refusal('Not believed; nothing was stored.'),
      500: refusal('Not stored; send it again.'),
    },
  },
  {
    ...about,
    path: 'wechatV2',
    operationId: 'onWechatV2',
    summary: 'WeChat Pay (APIv2) says that a payment or refund has ended',
    description: `Posted to \`/v1/notify/wechat/v2\`. ${believed} WeChat’s pages: 支付结果通知 and 退款结果通知.`,
    request: {
      body: {
        required: true,
        content: {
          'text/xml': {
            schema: text('Signed fields (MD5 or HMAC-SHA256); a refund’s are sealed.', '<xml>…</xml>'),
          },
        },
      },
    },
    responses: {
      200: inWords(
        'text/xml',
        '`SUCCESS`: stored. `FAIL`: not believed, or not stored; send it again.',
        '<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>',
      ),
    },
  },
  {
    ...about,
    path: 'alipay',
    operationId: 'onAlipay',
    summary: 'Alipay says that a trade has changed',
    description: `Posted to \`/v1/notify/alipay\`. ${believed} Alipay’s page: 异步通知.`,
    request: {
      body: {
        required: true,
        content: {
          'application/x-www-form-urlencoded': {
            schema: z
              .object({
                app_id: text('The shop’s app.', '2014072300007148'),
                seller_id: text('The shop’s seller.', '2088101106499364'),
                out_trade_no: text('The attempt’s number.', '7263549184000000002'),
                trade_no: text('Alipay’s number of the trade.', '2026121222001428000000000001'),
                trade_status: text(
                  'WAIT_BUYER_PAY, TRADE_SUCCESS, TRADE_FINISHED or TRADE_CLOSED.',
                  'TRADE_SUCCESS',
                ),
                total_amount: text('Yuan.', '19.99'),
                sign_type: text('How it is signed.', 'RSA2'),
                sign: text('The signature over all other fields; Base64.', 'q83vEjRWeJCrze8='),
              })
              .catchall(z.string().openapi({ description: 'Other fields, signed too.' }))
              .openapi('AlipayNotification', { description: '异步通知.' }),
          },
        },
      },
    },
    responses: {
      200: inWords(
        'text/plain',
        '`success`: stored. `fail`: not believed, or not stored; it comes again.',
        'success',
      ),
    },
  },
]

/** Describes what providers post, and what they are answered in their own words. */
export function registerCallbacks(registry: Registry): void {
  for (const callback of callbacks) registry.registerWebhook(callback)
}
