import { createHash, randomBytes, sign } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import * as z from 'zod'
import { StatementRejected, type Statements } from '../provider.ts'
import { wechatBillRows } from '../wechat-bill.ts'
import { type Call, errorCode, isSuccess } from './client.ts'
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

/** Pauses between two pieces of a bill, ms; a bill as a whole may take as long as it is long. */
const silenceMs = 30_000

/**
 * A day's bills (申请交易账单, 申请资金账单, 下载账单): WeChat says where each can be had and the SHA-1 of its unpacked text. The bill itself comes
 * unsigned, so it is believed only when it has been read to its end and that digest fits. Ready from ten o'clock the day after.
 */
export function v3Statements(call: Call, merchant: Merchant): Statements {
  return {
    kinds: ['trade', 'fund_flow'],
    readyFromHour: 10,
    async fetch(kind, date) {
      const path = `${paths[kind]}&tar_type=GZIP&bill_date=${encodeURIComponent(date)}`
      const answer = await call('GET', path, undefined, AbortSignal.timeout(merchant.timeoutMs))
      if (answer.heard === 'nothing') throw new Error(`wechat-v3 has no bill of ${date} yet: ${answer.code}`)
      if (!isSuccess(answer)) {
        const code = errorCode(answer)
        if (code === 'NO_STATEMENT_EXIST') return 'none'
        throw new Error(`wechat-v3 has no bill of ${date} yet: ${code}`)
      }
      const offer = offerSchema.parse(answer.body)
      return verified(download(merchant, new URL(offer.download_url)), offer.hash_value.toLowerCase())
    },
    rows: (raw) => wechatBillRows(raw, { provider: 'wechat-v3', merchant: merchant.mchId }),
  }
}

/** The pieces as they come; throws at the end when their digest is not the one that was promised. */
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
  // The merchant's signature is shown to the address that WeChat's signed answer names; in the clear to a sandbox only.
  if (url.protocol !== new URL(merchant.baseUrl).protocol)
    throw new Error(`wechat-v3 names a bill at ${url.protocol}`)
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), merchant.timeoutMs)
  try {
    const answer = await fetch(url, {
      headers: { authorization: authorization(merchant, url) },
      redirect: 'error',
      signal: silence.signal,
    })
    if (!answer.ok || !answer.body)
      throw new Error(`wechat-v3 does not hand its bill out: HTTP ${answer.status}`)
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

/** Unpacks what is packed: a gateway that says `Content-Encoding: gzip` has had it unpacked on the way. */
async function* unpacked(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done) return
  const all = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  const packed = first.value[0] === 0x1f && first.value[1] === 0x8b
  // Who reads the end of the pipe hears of every failure in it.
  yield* packed ? pipeline(Readable.from(all()), createGunzip(), () => {}) : all()
}

/** 签名生成: method, path and query, timestamp, nonce and an empty body, each ended by a line feed. */
function authorization({ mchId, serial, privateKey }: Merchant, { pathname, search }: URL): string {
  const timestamp = Math.floor(Date.now() / 1000)
  const nonce = randomBytes(16).toString('hex')
  const signature = sign(
    'sha256',
    Buffer.from(`GET\n${pathname}${search}\n${timestamp}\n${nonce}\n\n`),
    privateKey,
  ).toString('base64')
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchId}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`
}
