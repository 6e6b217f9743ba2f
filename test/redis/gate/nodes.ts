import { cpSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster, Redis } from 'ioredis'
import { vi } from 'vitest'
import { startChild } from '../../../local/children/child.ts'
import { freePort } from '../../../local/servers/ports.ts'
import { redisWays } from '../../../local/servers/redis-ways.ts'
import { firstThatWorks } from '../../../local/servers/ways.ts'
import { removeState } from '../../../local/state.mjs'

/** A Redis or Valkey of the test's own. `stop`: in order, unless it has ended; `kill`: as a crash would. */
export type Node = { port: number; redis: Redis; stop(): Promise<void>; kill(): Promise<void> }

const slots = 16_384

/** A folder for servers of the test's own; everything in it goes with it. */
export function serversFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'floodgate-seckill-'))
  return { path, remove: () => void removeState(path) }
}

/**
 * Starts a server whose append-only file, written before it answers, is in `dir`: again on the same folder is
 * a restart.
 */
export const startNode = (stateDir: string, dir: string): Promise<Node> =>
  start(stateDir, dir, ['--appendonly', 'yes', '--appendfsync', 'no'])

/** Copies what a server has written so far, as a back-up or a lagging disk would have it. */
export const copyFiles = (stateDir: string, from: string, to: string): void =>
  cpSync(join(stateDir, from), join(stateDir, to), { recursive: true })

/** Starts three masters that share the slots. */
export async function startCluster(stateDir: string): Promise<{ cluster: Cluster; stop(): Promise<void> }> {
  const busPorts = [await freePort(), await freePort(), await freePort()]
  const nodes = await Promise.all(
    busPorts.map((bus, i) =>
      start(stateDir, `node-${i}`, [
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(bus),
        '--appendonly',
        'no',
      ]),
    ),
  )
  const share = Math.ceil(slots / nodes.length)
  for (const [i, { redis }] of nodes.entries()) {
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min((i + 1) * share, slots) - 1)
    await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
  }
  for (const [i, { port }] of nodes.entries())
    await nodes[0]?.redis.call('CLUSTER', 'MEET', '127.0.0.1', port, busPorts[i] ?? 0)
  for (const { redis } of nodes) {
    await vi.waitFor(async () => whole(String(await redis.call('CLUSTER', 'INFO'))), {
      interval: 20,
      timeout: 30_000,
    })
  }
  const cluster = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
  return {
    cluster,
    async stop() {
      cluster.disconnect()
      await Promise.all(nodes.map((node) => node.kill())) // Nothing of it is kept.
    },
  }
}

function whole(info: string): void {
  if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3'))
    throw new Error(`the cluster has not formed: ${info}`)
}

async function start(stateDir: string, dir: string, args: readonly string[]): Promise<Node> {
  // A server that REDIS_URL names cannot be restarted by a test.
  const found = await firstThatWorks(
    'Redis or Valkey',
    redisWays({ ...process.env, REDIS_URL: '' }),
    () => {},
  )
  if ('url' in found) throw new Error('only a program can be started')
  const port = await freePort()
  const path = join(stateDir, dir)
  mkdirSync(path, { recursive: true })
  const redis = new Redis(port, '127.0.0.1', { lazyConnect: true })
  redis.on('error', () => {}) // While it starts, and once it is killed.
  const child = await startChild({
    name: `${dir}-${port}`,
    command: found.binary,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', path, '--save', '', ...args],
    stateDir,
    ready: async () => (await redis.ping()) === 'PONG', // ioredis waits until the file is read.
  })
  return {
    port,
    redis,
    async stop() {
      redis.disconnect()
      await child.stop()
    },
    async kill() {
      redis.disconnect()
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    },
  }
}
