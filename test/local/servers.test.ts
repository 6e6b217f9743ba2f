import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../local/servers/ports.ts'
import { postgresWays, startPostgres } from '../../local/servers/postgres.ts'
import { postgresHome } from '../../local/servers/postgres-home.ts'
import { startRedis } from '../../local/servers/redis.ts'
import { redisWays } from '../../local/servers/redis-ways.ts'
import { startTemporal } from '../../local/servers/temporal.ts'
import { temporalWays } from '../../local/servers/temporal-ways.ts'
import { cacheOf, firstThatWorks } from '../../local/servers/ways.ts'
import { removeState } from '../../local/state.mjs'
import { folder } from './folder.ts'

const quiet = () => {}
/** A machine with nothing on PATH and nothing in the cache. */
const bare = (): NodeJS.ProcessEnv => ({ PATH: '', XDG_CACHE_HOME: folder() })
const options = (env: NodeJS.ProcessEnv) => ({ stateDir: folder(), env, usualPorts: false, durable: false })

describe('a Redis of the local stack', () => {
  it('evicts nothing: the one that we start, and one that is given or it is not taken', async () => {
    const started = await startRedis(options({ ...process.env, REDIS_URL: '' }), quiet)
    const redis = new Redis(started.url)
    onTestFinished(async () => {
      redis.disconnect()
      await started.stop()
    })
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    const given = () => startRedis(options({ ...bare(), REDIS_URL: started.url }), quiet)
    expect(await given()).toMatchObject({ url: started.url })
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await expect(given()).rejects.toThrow(
      'may evict keys (maxmemory-policy allkeys-lru): set it to noeviction',
    )
  })
})

describe('a server that cannot be had', () => {
  it('Temporal: one error lists what was tried and what helps', async () => {
    const env = bare()
    const [given, onPath, cached, download, goInstall] = temporalWays(env)
    const ways = [
      given,
      onPath,
      cached,
      failing(download, 'no network'),
      failing(goInstall, 'go is not on PATH'),
    ].filter((way) => way !== undefined)
    const failure = startTemporal(options(env), quiet, ways)
    await expect(failure).rejects.toThrow(
      /TEMPORAL_ADDRESS: nothing there.*on PATH: nothing there.*no network.*go is not on PATH/s,
    )
    await expect(failure).rejects.toThrow(
      /helps:[\s\S]*set TEMPORAL_ADDRESS[\s\S]*install the Temporal CLI[\s\S]*internet[\s\S]*install Go/,
    )
  })

  it('Redis: one error lists what was tried and what helps', async () => {
    const env = bare()
    const [given, onPath, cached, wheel, apt] = redisWays(env)
    const ways = [
      given,
      onPath,
      cached,
      failing(wheel, 'python3 is not on PATH'),
      failing(apt, 'not root'),
    ].filter((way) => way !== undefined)
    const failure = startRedis(options(env), quiet, ways)
    await expect(failure).rejects.toThrow(
      /REDIS_URL: nothing there[\s\S]*python3 is not on PATH[\s\S]*not root/,
    )
    await expect(failure).rejects.toThrow(
      /helps:[\s\S]*set REDIS_URL[\s\S]*install Redis[\s\S]*Python 3[\s\S]*apt-get install/,
    )
  })

  it('PostgreSQL: one error lists what was tried and what helps', async () => {
    const env = bare()
    const [given, embedded] = postgresWays(env)
    const ways = [given, failing(embedded, 'no such package')].filter((way) => way !== undefined)
    await expect(startPostgres(options(env), quiet, ways)).rejects.toThrow(
      /DATABASE_URL[\s\S]*no such package[\s\S]*helps:[\s\S]*set DATABASE_URL[\s\S]*npm ci/,
    )
  })

  it.each([
    ['REDIS_URL', 'redis://127.0.0.1:1', startRedis],
    ['DATABASE_URL', 'postgres://nobody:none@127.0.0.1:1/none', startPostgres],
    ['TEMPORAL_ADDRESS', '127.0.0.1:1', startTemporal],
  ] as const)(
    '%s is taken at its word: another server is not started instead',
    async (variable, address, start) => {
      await expect(start(options({ ...bare(), [variable]: address }), quiet)).rejects.toThrow(
        `${variable} is set, but`,
      )
    },
  )
})

describe('where a program is found', () => {
  it('prefers a running server, then PATH, then the cache', async () => {
    const env: NodeJS.ProcessEnv = {
      PATH: folder(),
      XDG_CACHE_HOME: folder(),
      TEMPORAL_ADDRESS: 'somewhere:7233',
    }
    const inPath = program(String(env.PATH), 'temporal')
    const inCache = program(cacheOf(env), 'temporal')
    const find = (from: NodeJS.ProcessEnv) =>
      firstThatWorks('Temporal', temporalWays(from).slice(0, 3), quiet)

    expect(await find(env)).toEqual({ url: 'somewhere:7233' })
    expect(await find({ ...env, TEMPORAL_ADDRESS: '' })).toEqual({ binary: inPath, from: 'on PATH' })
    expect(await find({ ...env, TEMPORAL_ADDRESS: '', PATH: '' })).toEqual({
      binary: inCache,
      from: 'from the cache',
    })
  })
})

describe('freePort', () => {
  it('gives another port when the usual one is taken', async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    const taken = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(Number(Object(server.address()).port)))
    })
    expect(await freePort(taken)).not.toBe(taken)
  })

  it('gives the usual port when it is free, and to one asker only', async () => {
    const usual = await freePort()
    const ports = await Promise.all([freePort(), freePort(usual), freePort(usual)])
    expect(new Set([usual, ...ports]).size).toBe(4)
  })
})

describe('where PostgreSQL lives when root starts it', () => {
  const self = { root: true, user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } }

  it('is elsewhere when the project is closed to others, and goes with the state folder', () => {
    const stateDir = folder() // made 0700
    const native = join(folder(), 'native')
    program(join(native, 'bin'), 'postgres')
    const { home, native: copy } = postgresHome(stateDir, native, self)
    expect(lstatSync(join(stateDir, 'pg')).isSymbolicLink()).toBe(true)
    expect(realpathSync(join(stateDir, 'pg'))).toBe(home)
    expect(existsSync(join(copy, 'bin', 'postgres'))).toBe(true)
    expect(postgresHome(stateDir, native, self).home, 'the next start finds it').toBe(home)
    removeState(stateDir)
    expect(existsSync(home)).toBe(false)
  })

  it('is the state folder when everybody may go there', () => {
    const stateDir = folder()
    chmodSync(stateDir, 0o755)
    const native = join(stateDir, 'native')
    program(join(native, 'bin'), 'postgres')
    expect(postgresHome(stateDir, native, self)).toEqual({
      home: join(stateDir, 'pg'),
      native,
      user: self.user,
    })
  })
})

/** The way as it is, but as if its network or its tool failed. */
function failing<T extends { look: unknown }>(way: T | undefined, why: string): T | undefined {
  return way && { ...way, look: () => Promise.reject(new Error(why)) }
}

function program(dir: string, name: string): string {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, name), '#!/bin/sh\n', { mode: 0o755 })
  return join(dir, name)
}
