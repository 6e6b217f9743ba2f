import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import postgres from 'postgres'
import { hangUp } from '../memory.ts'

/** The least that taking a notification could be: a route that verifies its signature and inserts one row. */
const sql = postgres(process.env.DATABASE_URL ?? '', { max: 20, onnotice: () => {} })
await sql`
  CREATE TABLE IF NOT EXISTS bare_notifications (id text PRIMARY KEY, type text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now())`
const key = createPublicKey(process.env.WECHAT_V3_PLATFORM_KEY ?? '')

const app = new Hono()
app.post('/v1/notify/wechat/v3', async (c) => {
  const body = await c.req.text()
  const header = (name: string) => c.req.header(`wechatpay-${name}`) ?? ''
  const signed = Buffer.from(`${header('timestamp')}\n${header('nonce')}\n${body}\n`)
  if (!verify('sha256', signed, key, Buffer.from(header('signature'), 'base64'))) return c.body(null, 401)
  const { id, event_type } = JSON.parse(body) as { id: string; event_type: string } // The bench has made it.
  await sql`INSERT INTO bare_notifications (id, type) VALUES (${id}, ${event_type})`
  return c.body(null, 204)
})

const server = createServer({ keepAliveTimeout: 75_000 }, getRequestListener(app.fetch))
// It listens on TCP.
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', async () => {
  server.closeAllConnections()
  server.close()
  await sql.end({ timeout: 5 })
  await hangUp()
})
