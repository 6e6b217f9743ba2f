import { createRoute, z } from '@hono/zod-openapi'
import type { ApiDeps } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { routes } from '../routing.ts'
import { json, problems } from '../schemas/values.ts'

const dependency = z.object({
  up: z.boolean().describe('Whether it answers'),
  needed: z.boolean().describe('Whether this process does nothing without it'),
  latencyMs: z.number().describe('How long it took, ms; 2000: it did not answer'),
})

const alive = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Operations'],
  summary: 'This process answers',
  responses: { 200: json('Alive', z.object({ status: z.literal('alive') })) },
})

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['Operations'],
  summary: 'Whether to send this process requests, and whether what it works with answers, how fast',
  responses: {
    200: json(
      'Ready',
      z.object({ status: z.literal('ready'), dependencies: z.record(z.string(), dependency) }),
    ),
    ...problems,
  },
})

/** For load balancers and people: 503 `not_ready` when what is needed is away, or the process is about to stop. */
export const healthRoutes = ({ health }: Pick<ApiDeps, 'health'>) =>
  routes()
    .openapi(alive, (c) => c.json({ status: 'alive' as const }, 200))
    .openapi(ready, async (c) => {
      const { ready, dependencies } = await health.readiness()
      if (!ready) throw new Problem('not_ready', { dependencies })
      return c.json({ status: 'ready' as const, dependencies }, 200)
    })
