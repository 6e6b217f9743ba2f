import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Sql } from '../db/types.ts'
import type { keysOf } from '../local/keys.ts'
import { platform } from '../sandbox/wechat-v3/signature.ts'

export const account = {
  merchant: '1900000109',
  app: 'wxd678efh567hg6787',
  serial: '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB',
  keyId: 'PUB_KEY_ID_1',
}

const header =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n'
const firstAttempt = 500_000_000_000_000_000n
const fen = (i: number): number => 100 + (i % 90_000)
const yuan = (amount: number): string =>
  `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

/** The text of a bill of so many payments, a thousand rows at a time. */
function* bill(rows: number): Generator<string> {
  yield header
  let [total, some] = [0n, '']
  for (let i = 0; i < rows; i++) {
    const paid = yuan(fen(i))
    total += BigInt(fen(i))
    some +=
      `\`2026-03-01 12:00:00,\`${account.app},\`${account.merchant},\`0,\`,\`4200${i},\`${firstAttempt + BigInt(i)},\`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,` +
      `\`NATIVE,\`SUCCESS,\`OTHERS,\`CNY,\`${paid},\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`茶, 绿茶 250 g × 2,\`order:${i},\`0.00000,\`0.60%,\`${paid},\`0.00,\`\r\n`
    if (i % 1000 < 999) continue
    yield some
    some = ''
  }
  const sum = `${total / 100n}.${String(total % 100n).padStart(2, '0')}`
  yield `${some}总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\`${rows},\`${sum},\`0.00,\`0.00,\`0.00000,\`${sum},\`0.00\r\n`
}

/**
 * As WeChat serves bills: a signed answer says where and with which digest; the packed text follows. It
 * believes whoever asks.
 */
export async function serveBills(
  keys: Awaited<ReturnType<typeof keysOf>>,
  rows: number,
): Promise<{ url: string; stop(): Promise<void> }> {
  const { headers } = platform(account.keyId, keys.platform.privateKey, Date.now)
  const hash = createHash('sha1')
  for (const text of bill(rows)) hash.update(text)
  const hash_value = hash.digest('hex')
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v3/billdownload'))
      return void pipeline(Readable.from(bill(rows)), createGzip({ level: 1 }), response).catch(() => {})
    const body = JSON.stringify({
      hash_type: 'SHA1',
      hash_value,
      download_url: `http://${request.headers.host}/v3/billdownload/file?token=1`,
    })
    response.writeHead(200, { 'Content-Type': 'application/json', ...headers(body) }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/**
 * Our side of such a bill: orders, their attempts, paid, and what was notified; but the last `odd` trades are
 * none of ours, and of as many before nothing was notified.
 */
export async function seedPayments(sql: Sql, rows: number, odd: number): Promise<void> {
  const notifiedAt = new Date('2026-03-01T12:00:00+08:00')
  await sql`
    INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
      shipping_fen, coupon_fen, points_fen, balance_fen, due_fen, points)
    SELECT 1 + i, 1, 1, 'web', 'to_ship', 'online', 'bench', 'bench', 0, 0, 0, 0, 0, 0, 0
    FROM generate_series(0, ${rows - odd - 1}::int) i`
  await sql`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
      expires_at, calling_until, transaction, captured_fen, opened_at, ended_at)
    SELECT ${firstAttempt.toString()}::bigint + i, 1 + i, 'wechat-v3', 'wechat-v3', 'paid', 100 + i % 90000,
      'CNY', 'tea', now(), now(), '4200' || i, 100 + i % 90000, ${notifiedAt}, ${notifiedAt}
    FROM generate_series(0, ${rows - odd - 1}::int) i`
  await sql`
    INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency,
      merchant, app, found, outcome, resolved_at, due_at, received_at)
    SELECT ${firstAttempt.toString()}::bigint + i, 'wechat-v3', 'payment', '4200' || i, 'SUCCESS',
      ${firstAttempt.toString()}::bigint + i, ${firstAttempt.toString()}::bigint + i,
           100 + i % 90000, 'CNY', ${account.merchant}, ${account.app}, 'callback', 'paid', now(), now(), ${notifiedAt}
    FROM generate_series(0, ${rows - 2 * odd - 1}::int) i`
  await sql`VACUUM ANALYZE attempts, notifications`
}
