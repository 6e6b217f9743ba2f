import { paymentVariables } from './payments.ts'
import { variables } from './variables.ts'

/** The variables of payments and of each provider, described. */
export const describedPaymentVariables = variables(paymentVariables, {
  REFUND_FALLBACK: {
    neededBy: 'worker, jobs',
    meaning:
      'where money goes that a provider could not send back: `wallet`, or `none` until a human has acted',
  },
  FOREIGN_TRADE_PREFIXES: {
    neededBy: 'api, worker, jobs',
    meaning:
      'how trade numbers of other systems begin that sell under the same merchant numbers, separated by commas, ' +
      '2–32 letters, digits and `_-|*@` each; they ask no human. Never one that begins our own numbers (19 digits)',
    example: 'POS-,ERP',
  },
  PUBLIC_URL: {
    neededBy: 'with a provider',
    meaning: 'where providers reach the API; `/v1/notify/…` is added',
    example: 'https://shop.example',
  },
  ...wechatV3(),
  ...wechatV2(),
  ...alipay(),
})

/** WeChat Pay v3 (微信支付 APIv3): https://pay.weixin.qq.com/doc/v3/merchant/4012365342 */
function wechatV3() {
  const neededBy = 'with WeChat Pay'
  const changing = 'while WeChat’s keys change'
  return {
    WECHAT_V3_MCH_ID: { neededBy, meaning: 'merchant number', example: '1900000109' },
    WECHAT_V3_APP_ID: { neededBy, meaning: 'AppID bound to the merchant', example: 'wx8888888888888888' },
    WECHAT_V3_SERIAL: {
      neededBy,
      meaning: 'serial of the merchant’s API certificate, hexadecimal',
      example: '5157F09E…',
    },
    WECHAT_V3_PRIVATE_KEY: { neededBy, meaning: '`apiclient_key.pem`, with its BEGIN and END lines' },
    WECHAT_V3_PLATFORM_KEY_ID: {
      neededBy,
      meaning: '`PUB_KEY_ID_…`, or the platform certificate’s serial',
      example: 'PUB_KEY_ID_0001',
    },
    WECHAT_V3_PLATFORM_KEY: { neededBy, meaning: 'that public key or certificate, PEM' },
    WECHAT_V3_PLATFORM_KEY_ID_2: { neededBy: changing, meaning: 'the other one’s `PUB_KEY_ID_…`, or serial' },
    WECHAT_V3_PLATFORM_KEY_2: { neededBy: changing, meaning: 'that public key or certificate, PEM' },
    WECHAT_V3_API_KEY: { neededBy, meaning: 'the APIv3 key' },
    WECHAT_V3_BASE_URL: { neededBy: 'tests', meaning: 'another gateway' },
  }
}

/** WeChat Pay v2 (微信支付 APIv2): https://pay.weixin.qq.com/doc/v2/merchant/4011935214 */
function wechatV2() {
  const neededBy = 'with WeChat Pay v2'
  const refunds = 'with WeChat Pay v2 over https'
  return {
    WECHAT_V2_MCH_ID: { neededBy, meaning: 'merchant number', example: '1900000109' },
    WECHAT_V2_APP_ID: { neededBy, meaning: 'AppID bound to the merchant', example: 'wx8888888888888888' },
    WECHAT_V2_KEY: { neededBy, meaning: 'the APIv2 key' },
    WECHAT_V2_CERT: {
      neededBy: refunds,
      meaning: 'the merchant’s certificate, PEM: refunds are asked for with it; out of date stops the start',
    },
    WECHAT_V2_CERT_KEY: { neededBy: refunds, meaning: 'its key, PEM; no pair stops the start' },
    WECHAT_V2_SIGN: { neededBy, meaning: 'how requests and answers are signed' },
    WECHAT_V2_BASE_URL: { neededBy: 'tests', meaning: 'another gateway' },
    WECHAT_V2_CLOSABLE_AFTER_S: {
      neededBy: 'tests',
      meaning: 'before this WeChat closes no trade; another number beside a sandbox only',
      unit: 's',
    },
  }
}

/** Alipay (支付宝开放平台): https://opendocs.alipay.com/common/02kkv7 */
function alipay() {
  const neededBy = 'with Alipay'
  return {
    ALIPAY_APP_ID: { neededBy, meaning: 'APPID of the application, 16 digits', example: '2014072300007148' },
    ALIPAY_SELLER_ID: { neededBy, meaning: 'the merchant’s PID, 16 digits', example: '2088101106499364' },
    ALIPAY_PRIVATE_KEY: {
      neededBy,
      meaning: 'the application’s RSA private key: PEM, or the bare base64 of Alipay’s key tool',
    },
    ALIPAY_PUBLIC_KEY: {
      neededBy,
      meaning: 'Alipay’s public key (not the application’s own): PEM or bare base64',
    },
    ALIPAY_RETURN_URL: {
      neededBy,
      meaning: 'where the buyer’s browser goes after paying; no order is changed by arriving there',
      example: 'https://shop.example/orders',
    },
    ALIPAY_GATEWAY: { neededBy: 'tests', meaning: 'another gateway' },
  }
}
