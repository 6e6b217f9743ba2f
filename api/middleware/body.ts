import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { Problem } from '../problem.ts'

const maxSize = 64 * 1024
const counted = bodyLimit({
  maxSize,
  onError: () => {
    throw new Problem('body_too_large')
  },
})

/** Bodies over 64 KiB are 413. A declared length is believed (the server holds clients to it); without one the body is counted as it comes. */
export const smallBodies = createMiddleware((c, next) => {
  const declared = c.req.header('content-length')
  if (declared === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next)
  if (Number(declared) > maxSize) throw new Problem('body_too_large')
  return next()
})

const isJson = /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i

const sends = ['POST', 'PUT', 'PATCH']

/** What is sent has to be JSON: 415 otherwise. A request without a body needs no type. */
export const jsonBodies = createMiddleware(async (c, next) => {
  if (!sends.includes(c.req.method)) return next()
  const type = c.req.header('content-type')
  if (type === undefined ? hasBody(c.req.header('content-length'), c.req.header('transfer-encoding')) : !isJson.test(type))
    throw new Problem('not_json')
  await next()
})

const hasBody = (length: string | undefined, coding: string | undefined): boolean => coding !== undefined || Number(length ?? 0) > 0
