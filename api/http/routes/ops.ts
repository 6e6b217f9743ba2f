import type { ApiDeps } from '../../deps.ts'
import { operatorsOnly } from '../middleware/identity.ts'
import { routes } from '../routing.ts'
import { opsBrakeRoutes } from './ops-brakes.ts'
import { opsChangeRoutes } from './ops-changes.ts'
import { opsFailedRefundRoutes } from './ops-failed-refunds.ts'
import { opsRefundRoutes } from './ops-refunds.ts'
import { opsSessionRoutes } from './ops-sessions.ts'

/** What only operators of the shop may do. */
export function opsRoutes(deps: Pick<ApiDeps, 'bearers' | 'db' | 'log' | 'operations' | 'refunding'>) {
  const app = routes()
  app.use('/v1/ops/*', operatorsOnly(deps))
  return app
    .route('/', opsSessionRoutes(deps))
    .route('/', opsBrakeRoutes(deps))
    .route('/', opsChangeRoutes(deps))
    .route('/', opsRefundRoutes(deps))
    .route('/', opsFailedRefundRoutes(deps))
}
