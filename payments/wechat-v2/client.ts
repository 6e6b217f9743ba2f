import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { Decorator } from 'wechatpay-axios-plugin'
import * as z from 'zod'
import type { Merchant } from './config.ts'
import { isSigned } from './sign.ts'
import { type Fields, readXml } from './xml.ts'

/** What came back: WeChat's own word, its sign verified, that it did it or with which err_code it refused; or nothing to go by, and why. */
type Heard = { heard: 'answer'; fields: Fields } | { heard: 'refusal'; code: string } | { heard: 'nothing'; code: string }
export type Call = (path: string, body: Readonly<Record<string, string>>, until: AbortSignal) => Promise<Heard>

const maxAnswerBytes = 1 << 20
const failure = z.object({ code: z.string().optional(), name: z.string().optional() })

/**
 * Signed calls over kept-alive connections, with the merchant's certificate where WeChat asks for it; never throws. The plugin signs and
 * writes XML; it would believe either algorithm, and no refusal's sign, so answers are read here.
 */
export function v2Client(merchant: Merchant): Call {
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

  return async (url, body, signal) => {
    try {
      const data = { appid: appId, mch_id: mchId, sign_type: sign, ...body }
      const { status, data: text } = await v2.request<unknown>({ method: 'POST', url, data, signal, transformResponse: [(raw: unknown) => raw] })
      return heardIn(merchant, status, text)
    } catch (error) {
      // The error carries the signed request: only its code goes on.
      const { code, name } = failure.catch({}).parse(error)
      return { heard: 'nothing', code: signal.aborted ? 'TIMEOUT' : (code ?? name ?? 'NETWORK') }
    }
  }
}

/** `return_code` FAIL carries no sign (协议规则), so anybody can say it: it settles nothing, as do other statuses than 200. */
function heardIn(merchant: Merchant, status: number, text: unknown): Heard {
  if (status !== 200) return { heard: 'nothing', code: `HTTP_${status}` }
  const fields = typeof text === 'string' ? readXml(text, 'xml') : undefined
  if (!fields) return { heard: 'nothing', code: 'UNREADABLE' }
  if (fields.return_code !== 'SUCCESS') return { heard: 'nothing', code: 'RETURN_CODE_FAIL' }
  if (!isSigned(merchant, fields)) return { heard: 'nothing', code: 'UNVERIFIED' }
  if (fields.mch_id !== merchant.mchId || fields.appid !== merchant.appId) return { heard: 'nothing', code: 'MISMATCH' }
  return fields.result_code === 'SUCCESS' ? { heard: 'answer', fields } : { heard: 'refusal', code: fields.err_code || 'RESULT_CODE_FAIL' }
}
