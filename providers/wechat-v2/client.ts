import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { Decorator } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import { loggable } from '../message.ts'
import { isUnreachable } from '../wechat-hosts.ts'
import type { Merchant } from './config.ts'
import { isSigned } from './sign.ts'
import { type Fields, readXml } from './xml.ts'

/**
 * An answer whose sign fits; a refusal with its err_code, signed too; or none that can be believed, and why.
 */
type Reply =
  | { is: 'answer'; fields: Fields }
  | { is: 'refusal'; code: string; message: string | undefined }
  | { is: 'none'; code: string; message?: string | undefined }
type Body = Readonly<Record<string, string>>
type RequestSettings = { signal: AbortSignal; responseType?: 'stream'; maxContentLength?: number }
export type Call = (path: string, body: Body, until: AbortSignal) => Promise<Reply>
/** What one operation of the adapter works with: signed calls, whose they are, and their common deadline. */
export type Operation = { call: Call; merchant: Merchant; until: AbortSignal }
/**
 * What comes back as it comes, its beginning in time; throws for what the network does and for another status
 * than 200.
 */
export type Download = (path: string, body: Body) => Promise<Readable>

const maxAnswerBytes = 1 << 20
const failureSchema = z.object({ code: z.string().optional(), name: z.string().optional() })

/**
 * Signed calls over kept-alive connections, with the merchant's certificate where WeChat asks for it; never
 * throws. A host that can't be reached is followed by WeChat's other one, with identical parameters:
 * creation, close and refund may be repeated.
 *
 * @see 协议规则 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=4_1
 */
export function v2Client(merchant: Merchant): { call: Call; download: Download } {
  const [first, ...others] = [merchant.baseUrl, merchant.fallbackUrl]
    .filter((url) => url !== undefined)
    .map((url) => v2Host(merchant, url))
  if (!first) throw new Error('wechat-v2 has no host') // There is always a baseUrl.
  return {
    async call(...request) {
      let reply = await first.call(...request)
      for (const host of others) {
        const elsewhere = reply.is === 'none' && isUnreachable(reply.code) && !request[2].aborted
        if (elsewhere) reply = await host.call(...request)
      }
      return reply
    },
    download: first.download,
  }
}

/**
 * The plugin signs and writes XML; it would believe either algorithm, and no refusal's sign, so answers are
 * read here.
 */
function v2Host(merchant: Merchant, baseURL: string): { call: Call; download: Download } {
  const { mchId, appId, sign, key, certificate } = merchant
  const settings = {
    baseURL,
    mchid: mchId,
    secret: key.export().toString(),
    validateStatus: () => true,
    // Set explicitly, so that neither the environment's proxies nor another module's axios defaults
    // interfere.
    adapter: 'http' as const,
    proxy: false as const,
    maxRedirects: 0,
    timeout: 0,
    maxContentLength: maxAnswerBytes,
    httpAgent: new Agent({ keepAlive: true }),
    httpsAgent: new TlsAgent({ keepAlive: true, ...certificate }),
  }
  const v2 = Decorator.xmlBased(settings)

  const request = (url: string, body: Body, settings: RequestSettings) =>
    v2.request<unknown>({
      method: 'POST',
      url,
      data: { appid: appId, mch_id: mchId, sign_type: sign, ...body },
      transformResponse: [(raw: unknown) => raw],
      ...settings,
    })

  return {
    async call(url, body, signal) {
      try {
        const { status, data } = await request(url, body, { signal })
        return replyIn(merchant, status, data)
      } catch (error) {
        return { is: 'none', code: signal.aborted ? 'TIMEOUT' : codeOf(error) }
      }
    },
    async download(url, body) {
      // Not a time-out's signal, which would also break off a download that has begun.
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(), merchant.timeoutMs)
      const { status, data } = await request(url, body, {
        signal: silence.signal,
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
  const { code, name } = failureSchema.catch({}).parse(error)
  return code ?? name ?? 'NETWORK'
}

/**
 * `return_code` FAIL carries no sign (协议规则), so anybody can say it: it settles nothing, as do other statuses
 * than 200.
 */
function replyIn(merchant: Merchant, status: number, text: unknown): Reply {
  const fields = typeof text === 'string' ? readXml(text, 'xml') : undefined
  const message = loggable(fields?.return_msg)
  if (status !== 200) return { is: 'none', code: `HTTP_${status}`, message }
  if (!fields) return { is: 'none', code: 'UNREADABLE' }
  if (fields.return_code !== 'SUCCESS') return { is: 'none', code: 'RETURN_CODE_FAIL', message }
  if (!isSigned(merchant, fields)) return { is: 'none', code: 'UNVERIFIED' }
  if (fields.mch_id !== merchant.mchId || fields.appid !== merchant.appId)
    return { is: 'none', code: 'MISMATCH' }
  if (fields.result_code === 'SUCCESS') return { is: 'answer', fields }
  return {
    is: 'refusal',
    code: fields.err_code || 'RESULT_CODE_FAIL',
    message: loggable(fields.err_code_des),
  }
}
