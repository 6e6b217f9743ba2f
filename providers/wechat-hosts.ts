/**
 * WeChat's other entry point, for when the first can't be reached: api2.mch.weixin.qq.com for
 * api.mch.weixin.qq.com. Other hosts have none.
 * @see 跨城冗灾升级指引 https://pay.weixin.qq.com/doc/v3/merchant/4012075113
 */
export function fallbackOf(baseUrl: string): string | undefined {
  if (!URL.canParse(baseUrl)) return undefined
  const { protocol, hostname } = new URL(baseUrl)
  return hostname === 'api.mch.weixin.qq.com' ? `${protocol}//api2.mch.weixin.qq.com` : undefined
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  ...['502', '503', '504'].flatMap((status) => [`HTTP_${status}`, `UNVERIFIED_${status}`]),
])

/** Whether another entry point may do better: the host was not reached, or a proxy before it answered. */
export const isUnreachable = (code: string): boolean => unreachable.has(code)
