import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import { startChild } from '../children/child.ts'
import type { Report } from '../progress.ts'
import { freePort } from './ports.ts'
import type { Server, ServerOptions } from './server.ts'
import { temporalWays } from './temporal-ways.ts'
import { firstThatWorks } from './ways.ts'

/** What orders are searched by; all keywords. */
const searchAttributes = ['BuyerId', 'OrderKind', 'Attention']
const keyword = 2 // temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD

export interface TemporalServer extends Server {
  readonly namespace: string
  /** Where its pages are; unknown when it isn't ours. */
  readonly ui?: string
}

/**
 * Temporal with our namespace and search attributes: the one that `TEMPORAL_ADDRESS` names, or one that we
 * start.
 */
export async function startTemporal(
  options: ServerOptions,
  report: Report,
  ways = temporalWays(options.env),
): Promise<TemporalServer> {
  const namespace = options.env.TEMPORAL_NAMESPACE ?? 'default'
  const found = await firstThatWorks('Temporal', ways, report)
  if ('url' in found) return useGiven(found.url, namespace)
  const port = await freePort(options.usualPorts ? 7233 : undefined)
  const uiPort = await freePort(options.usualPorts ? 8233 : undefined)
  const address = `127.0.0.1:${port}`
  report('starting')
  const child = await startChild({
    name: 'temporal',
    command: found.binary,
    args: [
      ...[
        'server',
        'start-dev',
        '--ip',
        '127.0.0.1',
        '--port',
        String(port),
        '--ui-port',
        String(uiPort),
        '--namespace',
        namespace,
      ],
      ...[
        '--log-level',
        'error',
        ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      ],
      ...(options.durable ? ['--db-filename', databaseFile(options.stateDir), ...writeAhead] : []),
    ],
    stateDir: options.stateDir,
    ready: async () => (await versionOf(address, namespace)) !== '',
  })
  const about = `Temporal ${await versionOf(address, namespace)} ${found.from}, port ${port}, pages on ${uiPort}`
  return { url: address, namespace, ui: `http://127.0.0.1:${uiPort}`, about, stop: child.stop }
}

/**
 * A log that is written ahead: without it each change of SQLite's file is several times as much writing, and
 * orders wait for the disk.
 */
const writeAhead = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']

function databaseFile(stateDir: string): string {
  mkdirSync(join(stateDir, 'temporal'), { recursive: true })
  return join(stateDir, 'temporal', 'temporal.db')
}

async function useGiven(address: string, namespace: string): Promise<TemporalServer> {
  const version = await versionOf(address, namespace).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `TEMPORAL_ADDRESS is set, but namespace ${namespace} does not answer at ${address}: ${why}. Correct it, or unset it.`,
    )
  })
  await declareSearchAttributes(address, namespace)
  return {
    url: address,
    namespace,
    about: `Temporal ${version} given by TEMPORAL_ADDRESS`,
    stop: async () => {},
  }
}

async function declareSearchAttributes(address: string, namespace: string): Promise<void> {
  await withConnection(address, async ({ operatorService }) => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
    const missing = searchAttributes.filter((name) => !(name in customAttributes))
    if (missing.length === 0) return
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    })
  })
}

/** Fails until the namespace answers. */
async function versionOf(address: string, namespace: string): Promise<string> {
  return withConnection(address, async ({ workflowService }) => {
    await workflowService.describeNamespace({ namespace })
    return (await workflowService.getSystemInfo({})).serverVersion ?? ''
  })
}

async function withConnection<T>(address: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 5000 })
  try {
    return await connection.withDeadline(Date.now() + 5000, () => work(connection))
  } finally {
    await connection.close()
  }
}
