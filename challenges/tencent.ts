import { z } from 'zod'
import type { Challenge } from './challenge.ts'
import { type Ask, noVerdict } from './provider-call.ts'
import { signTc3, type Tc3Keys } from './tc3.ts'

type Options = Tc3Keys & {
  /** 验证码的 CaptchaAppId 与 AppSecretKey. */
  appId: string
  appSecret: string
  url: string
  ask: Ask
  now?: () => number
}

/** https://cloud.tencent.com/document/product/1110/36926 */
export const tencentUrl = 'https://captcha.tencentcloudapi.com'
const [service, version, action] = ['captcha', '2019-07-22', 'DescribeCaptchaResult'] as const

const failure = z.object({ Code: z.string(), Message: z.string() })
const answer = z.object({
  Response: z.union([
    z.object({ Error: failure }),
    z.object({
      CaptchaCode: z.int(),
      CaptchaMsg: z.string().nullish(),
      EvilLevel: z.int().nullish(),
    }),
  ]),
})

/** The verification passed; every other code is to be refused. */
const passed = 1
/** Of the silent mode: the request is malicious. */
const evil = 100
/** Errors of the call that what a buyer has sent can bring about: they are no reason to let the buyer in. */
const fromTheSolution = /^(InvalidParameter|MissingParameter|UnknownParameter)/

/**
 * Tencent Cloud's captcha (腾讯云验证码), verified by `DescribeCaptchaResult`, signed by TC3-HMAC-SHA256. A
 * ticket is good for five minutes and once (`CaptchaCode` 8, 9); it is not bound to a buyer or an offer.
 * Tickets that Tencent's script makes up when it cannot reach Tencent (`trerror_…`) have failed: anybody can
 * write one. https://cloud.tencent.com/document/product/1110/84005
 */
export const tencentCaptcha = ({ ask, now = Date.now, ...options }: Options): Challenge => ({
  issue: () => ({ kind: 'tencent', appId: options.appId }),

  async verify({ address }, solution) {
    if (solution.kind !== 'tencent') return 'failed'
    const body = JSON.stringify({
      CaptchaType: 9,
      Ticket: solution.ticket,
      UserIp: address,
      Randstr: solution.randstr,
      CaptchaAppId: Number(options.appId),
      AppSecretKey: options.appSecret,
    })
    const { url } = options
    const request = { host: new URL(url).host, service, version, action, body, at: now() }
    const found = await ask({ url, headers: signTc3(options, request), body, schema: answer })
    if (found === noVerdict) return 'away'
    if ('Error' in found.Response) {
      const { Code, Message } = found.Response.Error
      return fromTheSolution.test(Code) ? 'failed' : ask.away(`Tencent answered ${Code}: ${Message}`)
    }
    const { CaptchaCode, EvilLevel } = found.Response
    return CaptchaCode === passed && EvilLevel !== evil ? 'passed' : 'failed'
  },
})
