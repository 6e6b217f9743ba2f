import { z } from '@hono/zod-openapi'
import type { ApiDeps, Check } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { operation } from '../operation.ts'
import { routes } from '../routing.ts'
import { flag, json, open } from '../schemas/values.ts'

const dependency = z.object({
  up: flag('Whether it answered in time.'),
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
    summary: 'Whether what this process needs answers too, and how fast',
    description: 'Gives each dependency two seconds.',
    responses: {
      200: json(
        'It does',
        z
          .object({
            status: z.literal('ready').openapi({ description: 'Always the same.', example: 'ready' }),
            dependencies: z.record(z.string(), dependency).openapi({
              description: 'What this process needs, by name.',
              example: { postgresql: { up: true, latencyMs: 1.2 } },
            }),
          })
          .openapi('Ready', { description: 'A process that can work.' }),
      ),
    },
  },
  'not_ready',
)

/** For load balancers and people. */
export const healthRoutes = ({ checks }: Pick<ApiDeps, 'checks'>, { patienceMs = 2000 } = {}) =>
  routes()
    .openapi(alive, (c) => c.json({ status: 'alive' as const }, 200))
    .openapi(ready, async (c) => {
      const looked = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => [name, await look(check, patienceMs)] as const),
      )
      const dependencies = Object.fromEntries(looked)
      if (looked.some(([, { up }]) => !up)) throw new Problem('not_ready', { dependencies })
      return c.json({ status: 'ready' as const, dependencies }, 200)
    })

async function look(check: Check, patienceMs: number): Promise<z.infer<typeof dependency>> {
  const began = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false)
  })
  const up = await Promise.race([
    check().then(
      () => true,
      () => false,
    ),
    late,
  ])
  clearTimeout(timer)
  return { up, latencyMs: Math.round((performance.now() - began) * 10) / 10 }
}
