import { AlipaySdk } from 'alipay-sdk'
import * as z from 'zod'
import type { Merchant } from './config.ts'
import { shanghaiTime } from './time.ts'

/**
 * What came back: Alipay's own word, its signature verified, or nothing to go by, and why. `code` of a refusal is its sub_code
 * (`ACQ.TRADE_NOT_EXIST`); `final`: a refusal of the business (公共错误码 40004), not one of the gateway or of the moment.
 */
type Heard =
  | { heard: 'answer'; body: unknown }
  | { heard: 'refusal'; code: string; final: boolean }
  | { heard: 'nothing'; code: string }

export type Client = {
  /** Asks Alipay (`alipay.trade.query`, …), bounded by `until`; never throws. */
  call(method: string, content: object, until: AbortSignal): Promise<Heard>
  /** A form for the buyer's browser, posted to `action`; no network. */
  form(method: string, content: object): { action: string; fields: Record<string, string> }
}

const maxAnswerBytes = 1 << 20
const codes = z.object({ code: z.string(), sub_code: z.string().optional() })

/**
 * Signs with the SDK, in Shanghai's time whatever this process's zone is. It sends and reads by itself: the SDK's `exec` can't be
 * aborted, verifies one piece of the answer and reads another, so that a second copy of the answer's name would be believed unsigned.
 */
export function alipayClient(merchant: Merchant): Client {
  const { gateway, appId, notifyUrl, returnUrl, now } = merchant
  const sdk = new AlipaySdk({
    gateway,
    appId,
    privateKey: merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keyType: 'PKCS8',
    alipayPublicKey: merchant.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    signType: 'RSA2',
  })

  const form: Client['form'] = (method, content) => {
    const params = {
      bizContent: content,
      timestamp: shanghaiTime(now()),
      notifyUrl,
      ...(returnUrl && { returnUrl }),
    }
    const action = new URL(sdk.pageExecute(method, 'GET', params))
    // As Alipay's SDKs do it: what is common to all calls stays in the address, where the gateway reads the charset from.
    const fields = { biz_content: action.searchParams.get('biz_content') ?? '' }
    action.searchParams.delete('biz_content')
    return { action: action.href, fields }
  }

  return {
    form,
    async call(method, content, signal) {
      try {
        const { action, fields } = form(method, content)
        const response = await fetch(action, {
          method: 'POST',
          body: new URLSearchParams(fields),
          redirect: 'error',
          signal,
        })
        const text = await textOf(response)
        const signed = signedPart(text, `${method.replaceAll('.', '_')}_response`)
        if (response.status !== 200 || !signed || !sdk.rsaCheck(signed.node, signed.sign, 'RSA2')) {
          return { heard: 'nothing', code: `UNVERIFIED_${response.status}` }
        }
        return worded(JSON.parse(signed.node))
      } catch (error) {
        // The error carries the signed request: only its code goes on.
        return { heard: 'nothing', code: signal.aborted ? 'TIMEOUT' : codeOf(error) }
      }
    },
  }
}

/** 公共错误码: 10000 is a success, 40004 the business's own refusal; 20000 and the other 4xxxx settle nothing. */
function worded(body: unknown): Heard {
  const read = codes.safeParse(body)
  if (!read.success) return { heard: 'nothing', code: 'UNREADABLE' }
  const { code, sub_code } = read.data
  return code === '10000'
    ? { heard: 'answer', body }
    : { heard: 'refusal', code: sub_code ?? code, final: code === '40004' }
}

/**
 * The piece of an answer that is signed, as it was written (同步返回验签), and its signature. The pattern holds for the whole of the text, so
 * what is verified is what is read, and nothing else is.
 */
function signedPart(text: string, name: string): { node: string; sign: string } | undefined {
  const sign = '"sign"\\s*:\\s*"(?<sign>[\\w+/=\\\\]+)"'
  const node = `"${name}"\\s*:\\s*(?<node>\\{.*\\})`
  const serial = '(?:"alipay_cert_sn"\\s*:\\s*"\\w*"\\s*,\\s*)?'
  const { groups } =
    new RegExp(`^\\s*\\{\\s*${node}\\s*,\\s*${serial}${sign}\\s*\\}\\s*$`, 's').exec(text) ??
    new RegExp(`^\\s*\\{\\s*${sign}\\s*,\\s*${node}\\s*\\}\\s*$`, 's').exec(text) ??
    {}
  return groups?.node === undefined || groups.sign === undefined
    ? undefined
    : { node: groups.node, sign: groups.sign.replaceAll('\\', '') }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxAnswerBytes) throw Object.assign(new Error('too much'), { code: 'TOO_LARGE' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const failure = z.object({
  code: z.string().optional(),
  name: z.string().optional(),
  cause: z.object({ code: z.string() }).optional().catch(undefined),
})

function codeOf(error: unknown): string {
  const { code, name, cause } = failure.catch({}).parse(error)
  return cause?.code ?? code ?? name ?? 'NETWORK'
}
