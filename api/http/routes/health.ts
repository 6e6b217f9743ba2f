import { createRoute, z } from '@hono/zod-openapi'
import type { ApiDeps, Check } from '../../deps.ts'
import { Problem } from '../errors/problem.ts'
import { routes } from '../routing.ts'
import { json, problems } from '../schemas/values.ts'

const dependency = z.object({ up: z.boolean(), latencyMs: z.number() })

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
  summary: 'What this process needs answers too, and how fast',
  responses: {
    200: json(
      'Ready',
      z.object({ status: z.literal('ready'), dependencies: z.record(z.string(), dependency) }),
    ),
    ...problems,
  },
})

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
