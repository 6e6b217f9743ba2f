import { type Demand, demandTimeout, isUrl } from './demands.ts'

type Account = {
  mchId: string
  appId: string
  baseUrl: string
  fallbackUrl: string | undefined
  notifyUrl: string
  timeoutMs: number
}

/** What WeChat demands of a merchant's account, in v3 and v2 alike. */
export function demandAccount(demand: Demand, account: Account): void {
  const { mchId, appId, baseUrl, fallbackUrl, notifyUrl, timeoutMs } = account
  demand(/^\d{6,32}$/.test(mchId), 'mchId', 'must be the digits shown under 商户平台 → 账户中心 → 商户信息')
  demand(
    appId !== '',
    'appId',
    'must be the AppID bound to the merchant (商户平台 → 产品中心 → AppID账号管理)',
  )
  demand(isUrl(baseUrl), 'baseUrl', 'must be an absolute http(s) URL, e.g. https://api.mch.weixin.qq.com')
  demand(
    fallbackUrl === undefined || isUrl(fallbackUrl),
    'fallbackUrl',
    'must be an absolute http(s) URL, e.g. https://api2.mch.weixin.qq.com',
  )
  demand(
    isUrl(notifyUrl) && !/[?#]/.test(notifyUrl),
    'notifyUrl',
    'must be an absolute http(s) URL without query (WeChat refuses parameters)',
  )
  demandTimeout(demand, timeoutMs)
}
