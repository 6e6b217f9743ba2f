import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Context, Hono } from 'hono'
import { Problem } from '../errors/problem.ts'
import { sharedBody } from '../shared-body.ts'

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Floodgate API</title>
<link rel="icon" href="/docs/favicon-32x32.png"><link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body>
</html>`

const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  persistAuthorization: true,
  displayOperationId: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  validatorUrl: null,
})`

/** Everything comes from here; Swagger UI sets styles of its own, and draws its icons from data. */
const policy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const of = (contentType: string) => ({
  contentType,
  headers: { 'content-security-policy': policy, 'x-content-type-options': 'nosniff' },
})
const html = of('text/html; charset=utf-8')
const css = of('text/css; charset=utf-8')
const script = of('text/javascript; charset=utf-8')
const png = of('image/png')

/** The API's page: Swagger UI, every byte of it from here, read and compressed once. */
export function docsRoutes(): Hono {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const ofPackage = (name: string, kind: typeof css) => sharedBody(() => readFile(join(folder, name)), kind)
  const assets = new Map([
    ['start.js', sharedBody(() => start, script)],
    ['swagger-ui.css', ofPackage('swagger-ui.css', css)],
    ['swagger-ui-bundle.js', ofPackage('swagger-ui-bundle.js', script)],
    ['favicon-32x32.png', ofPackage('favicon-32x32.png', png)],
  ])
  // One route for all: a fixed name beside `:asset` makes Hono give up its fast router, for every route.
  const asset = (c: Context) => {
    const answer = assets.get(c.req.param('asset') ?? '')
    if (!answer) throw new Problem('not_found')
    return answer(c)
  }
  return new Hono()
    .get(
      '/docs',
      sharedBody(() => page, html),
    )
    .get('/docs/:asset', asset)
}
