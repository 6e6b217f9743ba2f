import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Container } from './container.ts'
import type { WorkerEnv } from './environment.ts'
import {
  type Checks,
  createHealth,
  type DependencyName,
  type Health,
  type HealthServer,
  serveHealth,
} from './health.ts'
import { metrics } from './metrics.ts'

export type Lifecycle = {
  health: Health
  /** Answers health checks until the very end: stop it last. */
  server: HealthServer | undefined
  /** For `runProcess`: how this process leaves. */
  ending: { leave: () => Promise<void>; stopWithinMs: number; log: Logger }
}

/**
 * Starts what load balancers, Prometheus and supervisors ask of a process. `needs`: without these it does no
 * work.
 */
export async function startLifecycle(
  env: WorkerEnv,
  container: Container,
  needs: readonly DependencyName[],
): Promise<Lifecycle> {
  const { log, checks } = container
  const names = Object.keys(checks) as DependencyName[] // Its keys, by its type.
  const asked: Checks = Object.fromEntries(
    names.map((name) => [name, { check: checks[name], needed: needs.includes(name) }]),
  )
  const health = createHealth(asked)
  const server = await serveHealth(env, { health, metrics, log })
  const graceMs = env.STOP_GRACE_S * 1000
  const leave = async (): Promise<void> => {
    health.leave()
    log.info({ graceMs }, 'stopping: not ready any more, still at work')
    await pause(graceMs)
  }
  return { health, server, ending: { leave, stopWithinMs: env.STOP_WITHIN_S * 1000, log } }
}
