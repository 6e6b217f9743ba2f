import { AlipaySdk } from 'alipay-sdk'
import * as z from 'zod'
import { shanghaiText } from '../../domain/shanghai-time.ts'
import { loggable } from '../message.ts'
import type { Merchant } from './config.ts'
import { signedPart, unsignedExplanation } from './signed-part.ts'

/**
 * An answer whose signature fits; a signed refusal; or none that can be believed, and why. The `code` of a
 * refusal is its sub_code (`ACQ.TRADE_NOT_EXIST`). `final`: the business refused (公共错误码 40004), and not the
 * gateway, for the moment.
 */
type Reply =
  | { is: 'answer'; body: unknown }
  | { is: 'refusal'; code: string; message: string | undefined; final: boolean }
  | { is: 'none'; code: string; message?: string | undefined }

export type Client = {
  /** Calls a method (`alipay.trade.query`, …), bounded by `until`; never throws. */
  call(method: string, content: object, until: AbortSignal): Promise<Reply>
  /** A form for the buyer's browser, to be posted to `action`; no network. */
  form(method: string, content: object): { action: string; fields: Record<string, string> }
}

/** What one operation of the adapter works with: signed calls, whose they are, and their common deadline. */
export type Operation = { client: Client; merchant: Merchant; until: AbortSignal }

const maxAnswerBytes = 1 << 20
const codesSchema = z.object({
  code: z.string(),
  msg: z.string().optional(),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
})

/**
 * Signs with Alipay's SDK, in China's time whatever this process's own zone is. Requests are sent and answers
 * read here: the SDK's `exec` can't be aborted, and it verifies one part of the answer and reads another, so
 * an unsigned second copy of the answer would be believed.
 *
 * @see 公共错误码 https://opendocs.alipay.com/common/02km9f
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
      timestamp: shanghaiText(now()),
      notifyUrl,
      ...(returnUrl && { returnUrl }),
    }
    const action = new URL(sdk.pageExecute(method, 'GET', params))
    // As in Alipay's SDKs, common parameters stay in the address, where the gateway reads the charset from.
    const fields = { biz_content: action.searchParams.get('biz_content') ?? '' }
    action.searchParams.delete('biz_content')
    return { action: action.href, fields }
  }

  return {
    form,
    async call(method, content, signal) {
      try {
        const { action, fields } = form(method, content)
        const body = new URLSearchParams(fields)
        const response = await fetch(action, { method: 'POST', body, redirect: 'error', signal })
        const text = await textOf(response)
        const signed = signedPart(text, `${method.replaceAll('.', '_')}_response`)
        if (response.status === 200 && signed && sdk.rsaCheck(signed.node, signed.sign, 'RSA2'))
          return replyOf(JSON.parse(signed.node))
        const message = loggable(unsignedExplanation(text))
        return { is: 'none', code: `UNVERIFIED_${response.status}`, message }
      } catch (error) {
        // The error carries the signed request: only its code goes on.
        return { is: 'none', code: signal.aborted ? 'TIMEOUT' : codeOf(error) }
      }
    },
  }
}

/** 公共错误码: 10000 is a success, 40004 the business's own refusal; 20000 and the other 4xxxx settle nothing. */
function replyOf(body: unknown): Reply {
  const read = codesSchema.safeParse(body)
  if (!read.success) return { is: 'none', code: 'UNREADABLE' }
  const { code, msg, sub_code, sub_msg } = read.data
  if (code === '10000') return { is: 'answer', body }
  return { is: 'refusal', code: sub_code ?? code, message: loggable(sub_msg ?? msg), final: code === '40004' }
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

const failureSchema = z.object({
  code: z.string().optional(),
  name: z.string().optional(),
  cause: z.object({ code: z.string() }).optional().catch(undefined),
})

function codeOf(error: unknown): string {
  const { code, name, cause } = failureSchema.catch({}).parse(error)
  return cause?.code ?? code ?? name ?? 'NETWORK'
}
