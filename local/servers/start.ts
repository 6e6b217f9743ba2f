import { type Progress, type Report, showProgress } from '../progress.ts'
import { claim } from '../state.mjs'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import type { Server, ServerOptions } from './server.ts'
import { startTemporal } from './temporal.ts'

export interface Servers {
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly temporalAddress: string
  readonly temporalNamespace: string
  /** Temporal's pages; absent when the server isn't ours. */
  readonly temporalUi?: string
  /** Ends those that we started. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly stateDir: string
  readonly progress?: Progress
  /** Default: yes. */
  readonly usualPorts?: boolean
  /** Default: yes. */
  readonly durable?: boolean
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Finds or starts PostgreSQL, Redis and Temporal side by side, after ending what a killed launcher left in
 * the state folder. Throws one error that says what was tried and what would help when one of them can't be
 * had; nothing is left running then.
 */
export async function startServers({
  stateDir,
  progress = showProgress,
  usualPorts = true,
  durable = true,
  env = process.env,
}: StartOptions): Promise<Servers> {
  const ended = await claim(stateDir)
  if (ended.length > 0)
    process.stdout.write(`✔ ended what an earlier start left running: ${ended.join(', ')}\n`)
  const options: ServerOptions = { stateDir, env, usualPorts, durable }
  const started: Server[] = []
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()))
  }
  const noting =
    <S extends Server>(start: (options: ServerOptions, report: Report) => Promise<S>) =>
    async (report: Report) => {
      const server = await start(options, report)
      started.push(server)
      return server
    }
  try {
    const [postgres, redis, temporal] = await progress([
      { name: 'PostgreSQL', run: noting(startPostgres) },
      { name: 'Redis', run: noting(startRedis) },
      { name: 'Temporal', run: noting(startTemporal) },
    ])
    const { url: temporalAddress, namespace: temporalNamespace, ui } = temporal
    return {
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      temporalAddress,
      temporalNamespace,
      ...(ui ? { temporalUi: ui } : {}),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
