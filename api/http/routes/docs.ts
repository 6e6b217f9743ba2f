import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Context, Hono } from 'hono'
import { Problem } from '../errors/problem.ts'

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Floodgate API</title>
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body><div id="api"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: true, validatorUrl: null })`

const security = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
}

/** The API's page: Swagger UI, every byte of it from here, and nothing told to anybody else. */
export function docsRoutes(): Hono {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  // One route for all: with a fixed name beside `:asset`, Hono would give up its quick router, for every route there is.
  const asset = async (c: Context) => {
    const name = c.req.param('asset') ?? ''
    if (name === 'start.js')
      return c.body(start, 200, { 'content-type': 'text/javascript; charset=utf-8', ...security })
    const type = Object.hasOwn(assets, name) ? assets[name] : undefined
    if (type === undefined) throw new Problem('not_found')
    return c.body(await readFile(join(folder, name)), 200, {
      'content-type': type,
      'cache-control': 'public, max-age=3600',
      ...security,
    })
  }
  return new Hono()
    .get('/docs', (c) => c.body(page, 200, { 'content-type': 'text/html; charset=utf-8', ...security }))
    .get('/docs/:asset', asset)
}
