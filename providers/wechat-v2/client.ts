import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { Decorator } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import type { Merchant } from './config.ts'
import { isSigned } from './sign.ts'
import { type Fields, readXml } from './xml.ts'

/** What came back: WeChat's own word, its sign verified, that it did it or with which err_code it refused; or nothing to go by, and why. */
type Heard =
  | { heard: 'answer'; fields: Fields }
  | { heard: 'refusal'; code: string }
  | { heard: 'nothing'; code: string }
type Body = Readonly<Record<string, string>>
export type Call = (path: string, body: Body, until: AbortSignal) => Promise<Heard>
/** What comes back as it comes, its beginning in time; throws for what the network does and for another status than 200. */
export type Download = (path: string, body: Body) => Promise<Readable>

const maxAnswerBytes = 1 << 20
const failure = z.object({ code: z.string().optional(), name: z.string().optional() })

/**
 * Signed calls over kept-alive connections, with the merchant's certificate where WeChat asks for it; never throws. The plugin signs and
 * writes XML; it would believe either algorithm, and no refusal's sign, so answers are read here.
 */
export function v2Client(merchant: Merchant): { call: Call; download: Download } {
  const { mchId, appId, sign, key, certificate } = merchant
  const settings = {
    baseURL: merchant.baseUrl,
    mchid: mchId,
    secret: key.export().toString(),
    validateStatus: () => true,
    // Said outright, so that neither the environment's proxies nor another module's axios defaults get in between.
    adapter: 'http' as const,
    proxy: false as const,
    maxRedirects: 0,
    timeout: 0,
    maxContentLength: maxAnswerBytes,
    httpAgent: new Agent({ keepAlive: true }),
    httpsAgent: new TlsAgent({ keepAlive: true, ...certificate }),
  }
  const v2 = Decorator.xmlBased(settings)

  const request = (url: string, body: Body, signal: AbortSignal, over: object) => {
    const data = { appid: appId, mch_id: mchId, sign_type: sign, ...body }
    return v2.request<unknown>({
      method: 'POST',
      url,
      data,
      signal,
      transformResponse: [(raw: unknown) => raw],
      ...over,
    })
  }

  return {
    async call(url, body, signal) {
      try {
        const { status, data: text } = await request(url, body, signal, {})
        return heardIn(merchant, status, text)
      } catch (error) {
        return { heard: 'nothing', code: signal.aborted ? 'TIMEOUT' : codeOf(error) }
      }
    },
    async download(url, body) {
      // Not a time-out's signal: that would still break off what has begun.
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(), merchant.timeoutMs)
      const { status, data } = await request(url, body, silence.signal, {
        responseType: 'stream',
        maxContentLength: -1,
      })
        .catch((error: unknown) => {
          throw new Error(`wechat-v2 does not answer: ${silence.signal.aborted ? 'TIMEOUT' : codeOf(error)}`)
        })
        .finally(() => clearTimeout(timer))
      if (!(data instanceof Readable)) throw new Error('wechat-v2 answers nothing that can be read')
      if (status === 200) return data
      data.destroy()
      throw new Error(`wechat-v2 answers HTTP ${status}`)
    },
  }
}

/** The error carries the signed request: only its code goes on. */
function codeOf(error: unknown): string {
  const { code, name } = failure.catch({}).parse(error)
  return code ?? name ?? 'NETWORK'
}

/** `return_code` FAIL carries no sign (协议规则), so anybody can say it: it settles nothing, as do other statuses than 200. */
function heardIn(merchant: Merchant, status: number, text: unknown): Heard {
  if (status !== 200) return { heard: 'nothing', code: `HTTP_${status}` }
  const fields = typeof text === 'string' ? readXml(text, 'xml') : undefined
  if (!fields) return { heard: 'nothing', code: 'UNREADABLE' }
  if (fields.return_code !== 'SUCCESS') return { heard: 'nothing', code: 'RETURN_CODE_FAIL' }
  if (!isSigned(merchant, fields)) return { heard: 'nothing', code: 'UNVERIFIED' }
  if (fields.mch_id !== merchant.mchId || fields.appid !== merchant.appId)
    return { heard: 'nothing', code: 'MISMATCH' }
  return fields.result_code === 'SUCCESS'
    ? { heard: 'answer', fields }
    : { heard: 'refusal', code: fields.err_code || 'RESULT_CODE_FAIL' }
}
