import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { Redis } from 'ioredis'
import { type ApiClient, createApiClient } from '../api/client.ts'
import { connect, type Db } from '../db/client.ts'
import { type Ids, snowflakes } from '../domain/ids.ts'
import { type Stack, startStack } from '../local/compose.ts'
import { tokenSigner } from '../local/sign-in.ts'
import { endLeftovers, removeState } from '../local/state.mjs'
import { createEvents, type Events } from '../redis/events.ts'
import { type SandboxClient, sandboxClient } from '../sandbox/client.ts'
import { say } from './figures.ts'
import { makeShop, type Shop } from './shop.ts'

/**
 * Everything that a benchmark talks to: the stack as an operator runs it, a shop with plenty of stock, and a
 * worker of bare workflows.
 */
export type Harness = {
  stack: Stack
  db: Db
  ids: Ids
  shop: Shop
  events: Events
  client: Client
  sandbox: SandboxClient
  floor: ChildProcess
  /** The processes that a figure may be divided by: the application, the servers, the floor, this one. */
  pids: Readonly<Record<string, number>>
  as(buyer: string): ApiClient
  close(): Promise<void>
}

/** A worker number that no process leases: rounds make ids beside the running application. */
const benchWorker = 1023

/**
 * Starts a child that talks back over IPC, and waits until it is ready. Its output goes to this process's
 * standard error.
 */
export async function fork(script: string, env: Record<string, string>): Promise<ChildProcess> {
  const args = ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL(script, import.meta.url))]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${script} ended with ${code}`))),
  ])
  return child
}

/**
 * Starts the harness in a state folder of its own, on free ports. `app`: more of the application's
 * environment.
 */
export async function openHarness(app: Record<string, string> = {}): Promise<Harness> {
  say('starting the stack')
  const stateDir = fileURLToPath(new URL('../.floodgate/bench', import.meta.url))
  // Orders of an earlier run that wake up in this one would be measured too.
  await endLeftovers(stateDir)
  removeState(stateDir)
  const stack = await startStack({ stateDir, usualPorts: false, app: { LOG_LEVEL: 'warn', ...app } })
  const { servers, keys } = stack
  const db = connect(servers.databaseUrl, { max: 4 })
  const ids = snowflakes(benchWorker)
  const redis = new Redis(servers.redisUrl)
  const events = createEvents(redis)
  const temporal = await Connection.connect({ address: servers.temporalAddress })
  const floor = await fork('./floor/worker.ts', { TEMPORAL_ADDRESS: servers.temporalAddress })
  const signed = tokenSigner(keys.jwt.privateKey)
  return {
    stack,
    db,
    ids,
    shop: await makeShop(db, ids),
    events,
    client: new Client({ connection: temporal }),
    sandbox: sandboxClient(stack.sandboxUrl),
    floor,
    pids: { ...pidsIn(stateDir), floor: floor.pid ?? 0, bench: process.pid },
    as: (buyer) => createApiClient(stack.url, signed(buyer)),
    async close() {
      floor.kill('SIGTERM')
      await once(floor, 'exit')
      await events.close()
      redis.disconnect()
      await temporal.close()
      await db.close()
      await stack.stop()
      removeState(stateDir)
    },
  }
}

/** The stack's processes, by the names under which their launcher noted them. */
function pidsIn(stateDir: string): Record<string, number> {
  const folder = `${stateDir}/children`
  const children = readdirSync(folder).map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')))
  return Object.fromEntries(children.map(({ name, pid }: { name: string; pid: number }) => [name, pid]))
}
