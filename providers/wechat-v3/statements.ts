import { createHash, randomBytes, sign } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import * as z from 'zod'
import { StatementRejected, type Statements } from '../provider.ts'
import { wechatBillRows } from '../wechat-bill.ts'
import { type Call, isSuccess, refusalIn } from './client.ts'
import type { Merchant } from './config.ts'

const paths = {
  trade: '/v3/bill/tradebill?bill_type=ALL',
  fund_flow: '/v3/bill/fundflowbill?account_type=BASIC',
}
const offerSchema = z.object({
  hash_type: z.literal('SHA1'),
  hash_value: z.string().regex(/^[0-9a-f]{40}$/i),
  download_url: z.url(),
})

/** The longest pause between two pieces of a bill, ms; a whole bill may take as long as it needs. */
const silenceMs = 30_000

/**
 * A day's bills: WeChat says where each can be had and the SHA-1 of its unpacked text. The bill itself is not
 * signed, so it is believed only when it has been read to its end and that digest fits. Ready from ten
 * o'clock the day after, in China.
 *
 * @see 申请交易账单 https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 * @see 申请资金账单 https://pay.weixin.qq.com/doc/v3/merchant/4013071235
 * @see 下载账单 https://pay.weixin.qq.com/doc/v3/merchant/4013071238
 */
export function v3Statements(call: Call, merchant: Merchant): Statements {
  return {
    kinds: ['trade', 'fund_flow'],
    readyFromHour: 10,
    async fetch(kind, date) {
      const path = `${paths[kind]}&tar_type=GZIP&bill_date=${encodeURIComponent(date)}`
      const reply = await call({ method: 'GET', path, until: AbortSignal.timeout(merchant.timeoutMs) })
      const refusal = reply.is === 'none' ? reply : isSuccess(reply) ? undefined : refusalIn(reply)
      if (reply.is === 'answer' && !refusal) {
        const offer = offerSchema.parse(reply.body)
        return verified(download(merchant, new URL(offer.download_url)), offer.hash_value.toLowerCase())
      }
      if (reply.is === 'answer' && refusal?.code === 'NO_STATEMENT_EXIST') return 'none'
      const why = [refusal?.code, refusal?.message].filter((part) => part !== undefined).join(' ')
      throw new Error(`wechat-v3 has no bill of ${date} yet: ${why}`)
    },
    rows: (raw) => wechatBillRows(raw, { provider: 'wechat-v3', merchant: merchant.mchId }),
  }
}

/** The pieces as they come; throws at the end when their digest is not the promised one. */
async function* verified(pieces: AsyncIterable<Uint8Array>, sha1: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha1')
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') !== sha1)
    throw new StatementRejected('is not what WeChat promised: its SHA-1 differs')
}

async function* download(merchant: Merchant, url: URL): AsyncGenerator<Uint8Array> {
  // The merchant's signature goes to the address that WeChat's signed answer names; over http to a sandbox
  // only.
  if (url.protocol !== new URL(merchant.baseUrl).protocol)
    throw new Error(`wechat-v3 offers a bill over ${url.protocol}`)
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), merchant.timeoutMs)
  try {
    const answer = await fetch(url, {
      headers: { authorization: authorization(merchant, url) },
      redirect: 'error',
      signal: silence.signal,
    })
    if (!answer.ok || !answer.body) throw new Error(`wechat-v3 refuses its bill: HTTP ${answer.status}`)
    for await (const piece of unpacked(answer.body)) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), silenceMs)
      yield piece
    }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** Unpacks what is packed: after `Content-Encoding: gzip` it has been unpacked already. */
async function* unpacked(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done) return
  const all = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  const packed = first.value[0] === 0x1f && first.value[1] === 0x8b
  // Whoever reads the end of the pipeline sees every failure in it.
  yield* packed ? pipeline(Readable.from(all()), createGunzip(), () => {}) : all()
}

/**
 * Method, path and query, time stamp, nonce and an empty body, each ended by a line feed.
 * @see 如何构造接口请求签名 https://pay.weixin.qq.com/doc/v3/merchant/4012365336
 */
function authorization({ mchId, serial, privateKey }: Merchant, { pathname, search }: URL): string {
  const timestamp = Math.floor(Date.now() / 1000)
  const nonce = randomBytes(16).toString('hex')
  const signature = sign(
    'sha256',
    Buffer.from(`GET\n${pathname}${search}\n${timestamp}\n${nonce}\n\n`),
    privateKey,
  ).toString('base64')
  const parts = { mchid: mchId, nonce_str: nonce, signature, timestamp, serial_no: serial }
  const list = Object.entries(parts).map(([name, value]) => `${name}="${value}"`)
  return `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`
}
