import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Statements } from '../provider.ts'
import { wechatBillRows } from '../wechat-bill.ts'
import type { Download } from './client.ts'
import type { Merchant } from './config.ts'
import { readXml } from './xml.ts'

const calls = {
  trade: { path: '/pay/downloadbill', body: { bill_type: 'ALL' } },
  // 下载资金账单: 签名类型，目前仅支持HMAC-SHA256; with the merchant's certificate.
  fund_flow: { path: '/pay/downloadfundflow', body: { account_type: 'Basic', sign_type: 'HMAC-SHA256' } },
}
/** The longest pause between two pieces of a bill, ms; a whole bill may take as long as it needs. */
const silenceMs = 30_000
const maxRefusalBytes = 4096

/**
 * A day's bills, ready from ten o'clock the day after, in China. They come at once, unsigned and without a
 * digest: a trade bill that was cut short is detected by its sums when it is read, and one whose connection
 * broke by that.
 *
 * @see 下载交易账单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_6
 * @see 下载资金账单 https://pay.weixin.qq.com/wiki/doc/api/native.php?chapter=9_18
 */
export function v2Statements(download: Download, merchant: Merchant): Statements {
  return {
    kinds: ['trade', 'fund_flow'],
    readyFromHour: 10,
    async fetch(kind, date) {
      const { path, body } = calls[kind]
      const wanted = { ...body, bill_date: date.replaceAll('-', ''), tar_type: 'GZIP' }
      const bill = steady(await download(path, wanted))
      const first = await bill.next()
      if (first.done) throw new Error(`wechat-v2 has no bill of ${date} yet: EMPTY`)
      if (first.value[0] !== '<'.charCodeAt(0)) return unpacked(first.value, bill)
      const refusal = await refusalIn(first.value, bill)
      if (/^no[ _]bill[ _]exist$/i.test(refusal)) return 'none'
      throw new Error(`wechat-v2 has no bill of ${date} yet: ${refusal}`)
    },
    rows: (raw) => wechatBillRows(raw, { provider: 'wechat-v2', merchant: merchant.mchId }),
  }
}

/** Why there is no bill: each kind says it in a field of its own. */
async function refusalIn(first: Uint8Array, rest: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces = [first]
  for await (const piece of rest) if (Buffer.concat(pieces).length < maxRefusalBytes) pieces.push(piece)
  const fields = readXml(Buffer.concat(pieces).toString(), 'xml')
  return fields?.err_code || fields?.return_msg || 'UNREADABLE'
}

async function* steady(bill: Readable): AsyncGenerator<Uint8Array> {
  const silent = () => bill.destroy(new Error('wechat-v2 stopped in the middle of its bill'))
  let timer = setTimeout(silent, silenceMs)
  try {
    for await (const piece of bill) {
      clearTimeout(timer)
      yield piece
      timer = setTimeout(silent, silenceMs)
    }
  } finally {
    clearTimeout(timer)
    bill.destroy()
  }
}

/** Unpacks what is packed: after `Content-Encoding: gzip` it has been unpacked already. */
async function* unpacked(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const all = async function* () {
    yield first
    yield* rest
  }
  const packed = first[0] === 0x1f && first[1] === 0x8b
  // Whoever reads the end of the pipeline sees every failure in it.
  yield* packed ? pipeline(Readable.from(all()), createGunzip(), () => {}) : all()
}
