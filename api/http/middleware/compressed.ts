import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { createMiddleware } from 'hono/factory'
import { encodingOf } from '../encoding.ts'

const gzipped = promisify(gzip)
/** Below it the packet is the same, and the work is for nothing. */
const leastBytes = 1024

/**
 * Compresses JSON of a KiB or more, off the event loop. Not hono/compress, which looks for a declared length
 * that answers here do not have, and so compresses the smallest.
 */
export const compressed = createMiddleware(async (c, next) => {
  await next()
  const { res } = c
  if (!/^application\/([\w.-]+\+)?json/.test(res.headers.get('content-type') ?? '')) return
  if (res.body === null || res.headers.has('content-encoding')) return
  if (!/accept-encoding/i.test(res.headers.get('vary') ?? ''))
    c.header('vary', 'Accept-Encoding', { append: true })
  if (encodingOf(c.req.header('accept-encoding'), ['gzip']) === undefined) return
  const plain = Buffer.from(await c.res.arrayBuffer())
  const isLarge = plain.length >= leastBytes
  const body = isLarge ? Uint8Array.from(await gzipped(plain)) : plain
  c.res = new Response(body, { status: res.status, headers: c.res.headers })
  if (isLarge) c.res.headers.set('content-encoding', 'gzip')
  c.res.headers.delete('content-length')
})
