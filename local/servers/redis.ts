import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startChild } from '../children/child.ts'
import type { Report } from '../progress.ts'
import { freePort } from './ports.ts'
import { redisWays } from './redis-ways.ts'
import type { Server, ServerOptions } from './server.ts'
import { firstThatWorks } from './ways.ts'

/**
 * Redis or Valkey with its append-only file on, which evicts nothing: the one that `REDIS_URL` names, or one
 * that we start. Throws when the named one does not answer, or may evict keys.
 */
export async function startRedis(
  options: ServerOptions,
  report: Report,
  ways = redisWays(options.env),
): Promise<Server> {
  const found = await firstThatWorks('Redis or Valkey', ways, report)
  if ('url' in found) {
    const { version, evicts } = await lookAt(found.url).catch((error: unknown) => {
      throw new Error(
        `REDIS_URL is set, but nothing answers there: ${error instanceof Error ? error.message : error}. Correct it, or unset it.`,
      )
    })
    if (evicts !== undefined)
      throw new Error(
        `REDIS_URL is set, but that server may evict keys (maxmemory-policy ${evicts}): set it to noeviction there, or unset REDIS_URL.`,
      )
    return { url: found.url, about: `${version} given by REDIS_URL`, stop: async () => {} }
  }
  const port = await freePort(options.usualPorts ? 6379 : undefined)
  const url = `redis://127.0.0.1:${port}`
  const dir = join(options.stateDir, 'redis')
  mkdirSync(dir, { recursive: true })
  report('starting')
  const child = await startChild({
    name: 'redis',
    command: found.binary,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir],
      ...['--appendonly', 'yes', '--appendfsync', options.durable ? 'everysec' : 'no', '--save', ''],
      ...['--maxmemory-policy', 'noeviction'],
    ],
    stateDir: options.stateDir,
    ready: async () => (await lookAt(url)).version !== '',
  })
  const { version } = await lookAt(url)
  return { url, about: `${version} ${found.from}, port ${port}`, stop: child.stop }
}

/**
 * Which server it is, and by which policy it evicts keys, if it does. Fails while nothing answers, and while
 * the server still reads its file.
 */
async function lookAt(url: string): Promise<{ version: string; evicts: string | undefined }> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 5000,
    enableReadyCheck: false,
  })
  redis.on('error', () => {}) // connect() says it too
  try {
    await redis.connect()
    await redis.ping()
    const info = await redis.info('server')
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1]
    const version = valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? ''}`
    const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1]
    return { version, evicts: policy === 'noeviction' ? undefined : policy }
  } finally {
    redis.disconnect()
  }
}
