import type { ApiDeps } from './deps.ts'
import { describeApi } from './http/document.ts'
import { onError } from './http/errors/problem.ts'
import { jsonBodies, smallBodies } from './http/middleware/body.ts'
import { allowOrigins, browserRules, publicAnswers } from './http/middleware/browsers.ts'
import { compressed } from './http/middleware/compressed.ts'
import { noRoute } from './http/middleware/methods.ts'
import { addressRoutes } from './http/routes/addresses.ts'
import { cartRoutes } from './http/routes/cart.ts'
import { docsRoutes } from './http/routes/docs.ts'
import { healthRoutes } from './http/routes/health.ts'
import { joinRoutes } from './http/routes/join.ts'
import { opsRoutes } from './http/routes/ops.ts'
import { orderRoutes } from './http/routes/orders.ts'
import { productRoutes } from './http/routes/products.ts'
import { quoteRoutes } from './http/routes/quotes.ts'
import { seckillRoutes } from './http/routes/seckill.ts'
import { ticketRoutes } from './http/routes/tickets.ts'
import { routes } from './http/routing.ts'
import { sharedBody } from './http/shared-body.ts'
import { limitRates } from './rate-limits.ts'

/**
 * The HTTP API. Everything that is no success is `application/problem+json`; what providers post
 * (`notifyRoutes`) is answered as they want.
 *
 * @example serve({ fetch: createApp(deps).fetch, port: 3000 })
 */
export function createApp(deps: ApiDeps) {
  const base = routes()
  base.onError(onError(deps.log))
  // Before every middleware: it brings its own, in the order that a rush needs.
  if (deps.allowedOrigins.length > 0) base.use('/v1/*', allowOrigins(deps.allowedOrigins))
  const app = base.route('/', joinRoutes(deps))
  app.use(smallBodies)
  app.route('/', deps.notifyRoutes)
  app.route('/', docsRoutes())
  app.use('/v1/*', compressed)
  app.use('/v1/*', browserRules(deps))
  app.use('/v1/products/*', ...publicAnswers)
  app.use('/v1/*', limitRates(deps))
  app.use('/v1/*', jsonBodies)

  const api = app
    .route('/', healthRoutes(deps))
    .route('/', productRoutes(deps))
    .route('/', addressRoutes(deps))
    .route('/', cartRoutes(deps))
    .route('/', quoteRoutes(deps))
    .route('/', orderRoutes(deps))
    .route('/', seckillRoutes(deps))
    .route('/', ticketRoutes(deps))
    .route('/', opsRoutes(deps))

  api.notFound(noRoute(api))
  const document = () => JSON.stringify(describeApi(api))
  api.get('/openapi.json', sharedBody(document, { contentType: 'application/json' }))
  return api
}
export type Api = ReturnType<typeof createApp>
