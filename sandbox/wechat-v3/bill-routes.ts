import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, Hono } from 'hono'
import { GatewayRefusal } from '../refusal.ts'
import type { BillBook } from './bills.ts'
import type { Env } from './env.ts'

type Operate = (c: Context<Env>, operation: 'bill', act: () => object) => Promise<Response>

/**
 * 申请交易账单, 申请资金账单: where a day's bill can be had. 下载账单: the bill itself, in answer to a signed request, and
 * unsigned.
 */
export function billRoutes(app: Hono<Env>, bills: BillBook, operate: Operate): void {
  const offer = (c: Context<Env>, of: 'trade' | 'fundFlow') =>
    operate(c, 'bill', () => {
      const { token, ...digest } = bills[of](
        c.req.query('bill_date') ?? '',
        c.req.query('tar_type') === 'GZIP',
      )
      return { ...digest, download_url: `${new URL(c.req.url).origin}/v3/billdownload/file?token=${token}` }
    })

  app.get('/bill/tradebill', (c) => offer(c, 'trade'))
  app.get('/bill/fundflowbill', (c) => offer(c, 'fundFlow'))

  app.get('/billdownload/file', (c) => {
    const token = c.req.query('token')
    if (token === undefined) throw new GatewayRefusal(400, 'PARAM_ERROR', 'token is missing')
    const { bytes, breakOff } = bills.file(token)
    const { outgoing } = c.env
    outgoing.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length })
    if (breakOff) outgoing.write(bytes.subarray(0, bytes.length >> 1), () => outgoing.destroy())
    else outgoing.end(bytes)
    return RESPONSE_ALREADY_SENT
  })
}
