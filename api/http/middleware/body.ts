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

/** Bodies over 64 KiB are 413. A declared length is believed (the server holds clients to it); without one the body is counted as it comes. */
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

/** The body of a route that stands before this middleware, by the same rules; 400 when it cannot be read. */
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
const isJson = /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i

function expectJson(c: Context): void {
  const type = c.req.header('content-type')
  if (type === undefined ? declaredLength(c) !== 0 : !isJson.test(type)) throw new Problem('not_json')
}

/** Undefined when a body comes in chunks: then nobody knows before it is there. */
function declaredLength(c: Context): number | undefined {
  return c.req.header('transfer-encoding') === undefined
    ? Number(c.req.header('content-length') ?? 0)
    : undefined
}
