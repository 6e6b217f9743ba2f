import { z } from '@hono/zod-openapi'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { flag, json, open } from '../schemas/values.ts'

const dependency = z.object({
  up: flag('Whether it answered in time.'),
  needed: flag('Whether this process does nothing without it.'),
  latencyMs: z.number().openapi({ description: 'How long that took, ms.', example: 1.2 }),
})
const about = { method: 'get' as const, tags: ['Operations'], security: open }

const alive = operation({
  ...about,
  path: '/healthz',
  operationId: 'getHealth',
  summary: 'Whether this process answers',
  description: 'Asks nothing else.',
  responses: {
    200: json(
      'It does',
      z
        .object({ status: z.literal('alive').openapi({ description: 'Always the same.', example: 'alive' }) })
        .openapi('Alive', { description: 'A process that answers.' }),
    ),
  },
})

const ready = operation(
  {
    ...about,
    path: '/readyz',
    operationId: 'getReadiness',
    summary: 'Whether to send this process requests, and what it works with',
    description:
      'Gives each dependency two seconds. Red when one that is needed is away, or the process is about to stop.',
    responses: {
      200: json(
        'It does',
        z
          .object({
            status: z.literal('ready').openapi({ description: 'Always the same.', example: 'ready' }),
            dependencies: z.record(z.string(), dependency).openapi({
              description: 'What this process works with, by name.',
              example: { postgresql: { up: true, needed: true, latencyMs: 1.2 } },
            }),
          })
          .openapi('Ready', { description: 'A process that can work.' }),
      ),
    },
  },
  'not_ready',
)

/**
 * For load balancers and people: 503 `not_ready` when what is needed is away, or the process is about to
 * stop.
 */
export const healthRoutes = ({ health }: Pick<ApiDeps, 'health'>) =>
  routes()
    .openapi(alive, (c) => c.json({ status: 'alive' as const }, 200))
    .openapi(ready, async (c) => {
      const { ready, dependencies } = await health.readiness()
      if (!ready) throw new Problem('not_ready', { dependencies })
      return c.json({ status: 'ready' as const, dependencies }, 200)
    })
