import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { connect, type Db } from '../../db/client.ts'
import { migrate } from '../../db/migrate.ts'
import { type Ids, snowflakes } from '../../domain/ids.ts'
import { startChild } from '../../local/children/child.ts'
import { appEnvironment, sandboxEnvironment } from '../../local/environment.ts'
import { type Keys, keysOf } from '../../local/keys.ts'
import { freePort } from '../../local/servers/ports.ts'
import { endLeftovers, removeState } from '../../local/state.mjs'
import { buildWorkflows } from '../../runtime/bundle.ts'
import { type SandboxClient, sandboxClient } from '../../sandbox/client.ts'
import { say } from '../figures.ts'
import { balance } from './balancer.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { type SoakServers, startSoakServers } from './servers.ts'
import { makeSoakShop, type SoakShop } from './shop.ts'

/** Everything that a soak runs on: servers behind doors, two of each process, the providers' stand-in. */
export type SoakSystem = {
  /** Where the API is, behind its load balancer. */
  url: string
  keys: Keys
  servers: SoakServers
  fleet: Fleet
  sandbox: SandboxClient
  sandboxPid: number
  db: Db
  ids: Ids
  client: Client
  shop: SoakShop
  stateDir: string
}

/** A worker number that no process leases. */
const driverWorker = 1023
const payWithinS = 45

/** Starts all of it in a state folder of its own, on free ports, with a fresh shop. */
export async function openSoakSystem(): Promise<SoakSystem> {
  const stateDir = fileURLToPath(new URL('../../.floodgate/soak', import.meta.url))
  await endLeftovers(stateDir)
  removeState(stateDir)
  await buildWorkflows()
  const servers = await startSoakServers(stateDir)
  const keys = await keysOf(stateDir)
  const own = servers.addresses('driver')
  await migrate(own.databaseUrl)
  const db = connect(own.databaseUrl, { max: 4, statementMs: 300_000 })
  const ids = snowflakes(driverWorker)
  const shop = await makeSoakShop(db, ids)

  const [sandboxPort, apiPorts] = [await freePort(), [await freePort(), await freePort()] as const]
  const balancer = await balance(apiPorts)
  const sandbox = await startChild({
    name: 'sandbox',
    command: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url))],
    stateDir,
    env: {
      ...sandboxEnvironment({ sandboxPort }, keys),
      SANDBOX_PAUSE_FACTOR: '0.1',
      SANDBOX_WECHAT_V2_CLOSABLE_AFTER_S: '1',
    },
    ready: async () => (await fetch(`http://127.0.0.1:${sandboxPort}/healthz`)).ok,
  })
  const environment = (party: 'node 1' | 'node 2'): Record<string, string> => ({
    ...appEnvironment({ servers: servers.addresses(party), appPort: balancer.port, sandboxPort }, keys),
    PUBLIC_URL: balancer.url,
    LOG_LEVEL: 'warn',
    PAY_WITHIN_S: String(payWithinS),
    WECHAT_V2_CLOSABLE_AFTER_S: '1',
    DATABASE_CONNECTIONS: '12',
    UNPAID_ORDERS: '30',
    // The whole crowd is behind this machine's address.
    TOKENS_PER_ADDRESS_PER_MINUTE: '100000',
  })
  const fleet = await startFleet({
    stateDir,
    apiPorts,
    environments: { 'node 1': environment('node 1'), 'node 2': environment('node 2') },
  })
  const connection = await Connection.connect({ address: own.temporalAddress })
  say(`two of each process behind ${balancer.url}; logs in ${stateDir}/logs`)
  return {
    url: balancer.url,
    ...{ keys, servers, fleet, db, ids, shop, stateDir },
    sandbox: sandboxClient(`http://127.0.0.1:${sandboxPort}`),
    sandboxPid: sandbox.pid,
    client: new Client({ connection, namespace: own.temporalNamespace }),
  }
}
