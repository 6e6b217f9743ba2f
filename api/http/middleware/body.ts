import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../errors/problem.ts'

const maxSize = 64 * 1024
const counted = bodyLimit({
  maxSize,
  onError: () => {
    throw new Problem('body_too_large')
  },
})

/**
 * Bodies over 64 KiB are 413. A declared length is believed (the server holds clients to it); without one the
 * body is counted as it comes.
 */
export const smallBodies = createMiddleware((c, next) => {
  const declared = declaredLength(c)
  if (declared === undefined) return counted(c, next)
  if (declared > maxSize) throw new Problem('body_too_large')
  return next()
})

/** What is sent has to be JSON: 415 otherwise. A request without a body needs no type. */
export const jsonBodies = createMiddleware(async (c, next) => {
  if (sends.includes(c.req.method)) expectJson(c)
  await next()
})

/**
 * The body of a route that stands before this middleware, by the same rules.
 * @throws {Problem} not_json, body_too_large, malformed_json
 */
export async function readJson(c: Context): Promise<unknown> {
  expectJson(c)
  const declared = declaredLength(c)
  if (declared !== undefined && declared > maxSize) throw new Problem('body_too_large')
  const text = await (declared === undefined ? countedText(c) : c.req.text())
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('malformed_json')
  }
}

async function countedText(c: Context): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length
    if (size > maxSize) throw new Problem('body_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const sends = ['POST', 'PUT', 'PATCH']
const canonical = 'application/json'

/**
 * The one place that decides which types are JSON: `application/json` and every `application/…+json`, with
 * whatever parameters (RFC 9110, 8.3.1; RFC 6839), but in no other charset than UTF-8 (RFC 8259, 8.1). What
 * validates bodies behind it has a narrower grammar of its own, so it gets to see the plain name.
 */
function expectJson(c: Context): void {
  const type = c.req.header('content-type')
  if (type === canonical) return
  if (type === undefined) {
    if (declaredLength(c) !== 0) throw new Problem('not_json')
    return
  }
  if (!isJson(type)) throw new Problem('not_json')
  c.req.raw.headers.set('content-type', canonical)
}

function isJson(type: string): boolean {
  const [name = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((one) => one.startsWith('charset='))?.slice('charset='.length)
  return (
    /^application\/([\w!#$&^.-]+\+)?json$/.test(name) &&
    (charset === undefined || /^"?utf-?8"?$/.test(charset))
  )
}

/** Undefined when a body comes in chunks: then nobody knows before it is there. */
function declaredLength(c: Context): number | undefined {
  return c.req.header('transfer-encoding') === undefined
    ? Number(c.req.header('content-length') ?? 0)
    : undefined
}
