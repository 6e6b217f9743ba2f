import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'

type Fixed = { plain: Uint8Array<ArrayBuffer>; zipped: Uint8Array<ArrayBuffer>; etag: string }

/**
 * Answers a body that is the same as long as the process lives: made, hashed and compressed when it is first
 * asked for, then sent from memory; 304 to who has it already (RFC 9110, 13.1.2).
 */
export function fixedBody(
  make: () => string | Promise<string | Uint8Array>,
  headers: Readonly<Record<string, string>>,
): (c: Context) => Promise<Response> {
  let made: Promise<Fixed> | undefined
  return async (c) => {
    made ??= fix(make).catch((error: unknown) => {
      made = undefined
      throw error
    })
    const { plain, zipped, etag } = await made
    const all = { ...headers, etag, vary: 'Accept-Encoding', 'cache-control': 'public, max-age=3600' }
    if (c.req.header('if-none-match')?.includes(etag))
      return new Response(null, { status: 304, headers: all })
    if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return new Response(plain, { headers: all })
    return new Response(zipped, { headers: { ...all, 'content-encoding': 'gzip' } })
  }
}

async function fix(make: () => string | Promise<string | Uint8Array>): Promise<Fixed> {
  const plain = Uint8Array.from(Buffer.from(await make()))
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22)
  return { plain, zipped: Uint8Array.from(await promisify(gzip)(plain, { level: 9 })), etag: `W/"${hash}"` }
}
