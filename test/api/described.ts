import { Hono } from 'hono'
import { createApp } from '../../api/app.ts'
import type { ApiDeps } from '../../api/deps.ts'
import { describeApi } from '../../api/http/document.ts'

/** The API's document, of an app that is only described and never asked anything. */
export function describedApi() {
  const nothing: unknown = new Proxy(() => {}, { get: () => nothing, apply: () => nothing })
  const given = new Map<PropertyKey, unknown>([
    ['notifyRoutes', new Hono()],
    ['allowedOrigins', []],
  ])
  const get = (_: unknown, key: PropertyKey) => given.get(key) ?? nothing
  return describeApi(createApp(new Proxy({}, { get }) as ApiDeps)) // Routes are made of it, and never run.
}
