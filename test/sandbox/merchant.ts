import { Formatter, Rsa } from 'wechatpay-axios-plugin'
import { type harness, merchantKeys, openRequest, shared } from '../providers/wechat-v3/harness.ts'

/** A merchant of WeChat's stand-in, by the adapter and on the wire. */
export function merchantOf(world: () => Awaited<ReturnType<typeof harness>>) {
  const opened = async (over = {}) => {
    const request = openRequest(over)
    await world().wechat.open(request)
    return request.attempt
  }
  /** A signed call without the adapter. */
  const call = (
    method: 'GET' | 'POST',
    path: string,
    { body = '', key = merchantKeys.privateKey, timestamp = Formatter.timestamp() } = {},
  ) => {
    const signature = Rsa.sign(Formatter.request(method, path, timestamp, 'n', body), key)
    const headers = {
      Authorization: Formatter.authorization(shared.mchId, 'n', signature, timestamp, shared.serial),
    }
    return fetch(world().sandbox.url + path, { method, headers, ...(method === 'POST' && { body }) })
  }
  const native = (over: object = {}) =>
    JSON.stringify({
      appid: shared.appId,
      mchid: shared.mchId,
      description: 'x',
      out_trade_no: '100000001',
      notify_url: world().shop.notifyUrl,
      amount: { total: 1 },
      ...over,
    })
  return { opened, call, native }
}
