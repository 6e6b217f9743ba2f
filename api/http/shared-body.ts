import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context } from 'hono'
import { encodingOf } from './encoding.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Encoding = 'br' | 'gzip'
type Made = { plain: Bytes; etag: string; compressed: Partial<Record<Encoding, Promise<Bytes>>> }

type Options = {
  contentType: string
  headers?: Readonly<Record<string, string>>
  /** How long it is answered before it is made anew, ms; for ever, unless it is said otherwise. */
  forMs?: number
  /** Headers that differ from answer to answer. */
  more?: () => Record<string, string>
}

const fixed = { 'cache-control': 'public, max-age=3600' }

/**
 * Answers a body that is the same for everybody: made, hashed and compressed once, then sent from memory; 304
 * to who has it already (RFC 9110, 13.1.2). However many ask for it at a time, it is made once.
 */
export function sharedBody(
  make: () => string | Promise<string | Uint8Array>,
  { contentType, headers = {}, forMs = Number.POSITIVE_INFINITY, more = () => ({}) }: Options,
): (c: Context) => Promise<Response> {
  let made: Promise<Made> | undefined
  let until = 0

  function current(): Promise<Made> {
    if (made && Date.now() < until) return made
    const before = made
    const next = remade(make, before).catch((error: unknown) => {
      if (made === next) made = undefined
      throw error
    })
    made = next
    until = Date.now() + forMs
    return next
  }

  return async (c) => {
    const { plain, etag, compressed } = await current()
    const common = { ...fixed, ...headers, ...more(), etag, vary: 'Accept-Encoding' }
    if (hasIt(c.req.header('if-none-match'), etag))
      return new Response(null, { status: 304, headers: common })
    const all = { ...common, 'content-type': contentType }
    const encoding = encodingOf(c.req.header('accept-encoding'), ['br', 'gzip'])
    if (encoding === undefined) return c.body(plain, 200, all)
    compressed[encoding] ??= compress[encoding](plain)
    return c.body(await compressed[encoding], 200, { ...all, 'content-encoding': encoding })
  }
}

/** What was made before stays, with what it was compressed to, when it would be the same. */
async function remade(
  make: () => string | Promise<string | Uint8Array>,
  before: Promise<Made> | undefined,
): Promise<Made> {
  const plain = Uint8Array.from(Buffer.from(await make()))
  // Weak: the same content whatever its encoding.
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
  const known = await before?.catch(() => undefined)
  return known?.etag === etag ? known : { plain, etag, compressed: {} }
}

const hasIt = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === '*' || header.includes(etag.slice(2)))

const [brotli, gzipped] = [promisify(brotliCompress), promisify(gzip)]
/** The default of brotli is its slowest: a hundred times as long, for a tenth less. */
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }
const compress: Record<Encoding, (plain: Bytes) => Promise<Bytes>> = {
  br: async (plain) => Uint8Array.from(await brotli(plain, quick)),
  gzip: async (plain) => Uint8Array.from(await gzipped(plain)),
}
