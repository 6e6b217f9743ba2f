import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { Redis, type Result } from 'ioredis'
import { hangUp } from '../memory.ts'

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own.
  interface RedisCommander<Context> {
    bareCount(key: string): Result<number, Context>
  }
}

/**
 * The least that a join could be: a route that asks Redis one script; and the least that a "no" could be: a
 * route that says hello.
 */
const redis = new Redis(process.env.REDIS_URL ?? '', {
  maxRetriesPerRequest: 2,
  commandTimeout: 2000,
  enableAutoPipelining: true,
})
redis.defineCommand('bareCount', { numberOfKeys: 1, lua: "return redis.call('INCR', KEYS[1])" })

const app = new Hono()
app.post('/v1/seckill/sessions/:session/offers/:sku/tickets', async (c) =>
  c.json({ count: await redis.bareCount('bare') }, 202),
)
app.post('/hello/*', (c) => c.text('hello'))
app.get('/hello', (c) => c.text('hello'))

const server = createServer({ keepAliveTimeout: 75_000 }, getRequestListener(app.fetch))
// It listens on TCP.
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('SIGTERM', async () => {
  server.closeAllConnections()
  server.close()
  redis.disconnect()
  await hangUp()
})
