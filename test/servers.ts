import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { migrate } from '../db/migrate.ts'
import { stopAll, stopOnSignals } from '../local/children/living.ts'
import { stateFolder } from '../local/compose.ts'
import { applyPatches } from '../local/patches.mjs'
import { showProgress } from '../local/progress.ts'
import { startServers } from '../local/servers/start.ts'
import { endLeftovers, refuseIfInUse, removeState, testStates } from '../local/state.mjs'

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * PostgreSQL. A file makes its own database: `CREATE DATABASE … TEMPLATE floodgate_template`, which has
     * the schema.
     */
    databaseUrl: string
    redisUrl: string
    temporalAddress: string
    /** The file that `bundleWorkflowCode` wrote: pass it as `workflowBundle: { codePath }`. */
    workflowBundle: string
  }
}

const template = 'floodgate_template'

/** Real servers for the whole run, in a state folder that goes when the run ends. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const stateDir = join(stateFolder, `test-${process.pid}`)
  applyPatches() // Somebody may run vitest alone, after an npm that runs no scripts.
  stopOnSignals((line) => process.stderr.write(`\n${line}\n`))
  process.once('exit', () => removeState(stateDir))
  await sweep()
  const servers = await startServers({ stateDir, usualPorts: false, durable: false })
  try {
    const bundle = join(stateDir, 'workflows.js')
    await showProgress([
      { name: 'Schema', run: () => makeTemplate(servers.databaseUrl) },
      { name: 'Workflows', run: () => bundleWorkflows(bundle) },
    ])
    provide('databaseUrl', servers.databaseUrl)
    provide('redisUrl', servers.redisUrl)
    provide('temporalAddress', servers.temporalAddress)
    provide('workflowBundle', bundle)
  } catch (error) {
    await stopAll()
    throw error
  }
  return stopAll
}

/** Ends and removes what test runs that were killed have left. */
async function sweep(): Promise<void> {
  for (const folder of testStates(stateFolder)) {
    try {
      refuseIfInUse(folder)
    } catch {
      continue // another run, alive
    }
    const ended = await endLeftovers(folder)
    removeState(folder)
    process.stdout.write(
      `✔ removed what ${basename(folder)} left${ended.length > 0 ? `, ended ${ended.join(', ')}` : ''}\n`,
    )
  }
}

/** Makes the database that the tests' own are copies of: the schema, and nothing in it. */
export async function makeTemplate(databaseUrl: string): Promise<{ about: string }> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  try {
    await sql`DROP DATABASE IF EXISTS ${sql(template)} WITH (FORCE)`
    await sql`CREATE DATABASE ${sql(template)}`
  } finally {
    await sql.end()
  }
  const url = new URL(databaseUrl)
  url.pathname = `/${template}`
  await migrate(url.href)
  return { about: `Schema in ${template}` }
}

/** Writes the bundle of the workflows to a file, once for all tests. */
export async function bundleWorkflows(file: string): Promise<{ about: string }> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url))
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') })
  writeFileSync(file, code)
  return { about: `Workflows bundled, ${Math.round(code.length / 1024)} KiB` }
}
