import { describe, expect, it } from 'vitest'
import { fallbackOf, isUnreachable } from '../../providers/wechat-hosts.ts'

describe('WeChat’s other entry point', () => {
  it('is api2 for api, by the same protocol', () => {
    expect(fallbackOf('https://api.mch.weixin.qq.com')).toBe('https://api2.mch.weixin.qq.com')
    expect(fallbackOf('http://api.mch.weixin.qq.com/v3')).toBe('http://api2.mch.weixin.qq.com')
  })

  it.each(['https://api2.mch.weixin.qq.com', 'http://127.0.0.1:3100', 'api.mch.weixin.qq.com', ''])(
    'is none for %j',
    (url) => {
      expect(fallbackOf(url)).toBeUndefined()
    },
  )

  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE'],
    ...[
      'ETIMEDOUT',
      'HTTP_502',
      'HTTP_503',
      'HTTP_504',
      'UNVERIFIED_502',
      'UNVERIFIED_503',
      'UNVERIFIED_504',
    ],
  ])('may do better after %s', (code) => {
    expect(isUnreachable(code)).toBe(true)
  })

  it.each(['HTTP_500', 'UNVERIFIED_200', 'TIMEOUT', 'SIGN_ERROR', 'RETURN_CODE_FAIL', ''])(
    'cannot do better after %j',
    (code) => {
      expect(isUnreachable(code)).toBe(false)
    },
  )
})
