import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { exportSPKI, generateKeyPair } from 'jose'
import { inject } from 'vitest'
import { apiVariables } from '../../../api/environment.ts'
import { startApi } from '../../../api/server.ts'
import { freePort } from '../../../local/servers/ports.ts'
import { readEnv } from '../../../runtime/environment.ts'
import { bearer } from '../../api/harness.ts'
import { serversFolder, startNode } from '../../redis/gate/nodes.ts'
import { openSystem, type TestSystem } from '../system.ts'
import { shippingTerms } from './amounts.ts'
import { limits } from './world.ts'

/** Nobody else lives there: the model's own shipping rate. */
export const province = '模型省'
/** How long an order with a near deadline waits for its payment. */
const nearS = 2

/**
 * The whole system as operators run it, for the model: workers are processes that can be killed, Redis is the
 * test's own and can be flushed, and a second API process gives its orders seconds instead of half an hour.
 */
export type ModelSystem = Pick<TestSystem, 'container' | 'sandbox' | 'url' | 'addsUp'> & {
  /** Of the API whose orders have a near deadline. */
  nearUrl: string
  tokenOf(subject: string, role?: string): Promise<string>
  /** Kills one of the workers by SIGKILL; another one takes its place. */
  killWorker(): void
  flushRedis(): Promise<void>
  close(): Promise<void>
}

export async function openModelSystem(): Promise<ModelSystem> {
  const folder = serversFolder()
  const redis = await startNode(folder.path, 'redis')
  const keys = await generateKeyPair('RS256')
  const system = await openSystem({
    worker: false,
    consumer: true,
    env: {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      JWT_PUBLIC_KEY: await exportSPKI(keys.publicKey),
      UNPAID_ORDERS: String(limits.unpaidOrders),
      UNPAID_PIECES: String(limits.unpaidPieces),
      ON_DELIVERY_ORDERS: String(limits.onDelivery),
      TOKENS_PER_ADDRESS_PER_MINUTE: '100000',
      TOKENS_PER_BUYER_PER_MINUTE: '100000',
      LOG_LEVEL: 'silent',
    },
  })
  const { container, environment } = system
  await container.db.sql`
    INSERT INTO shipping_rates (province, fee_fen, free_from_fen)
    VALUES (${province}, ${shippingTerms.fee}, ${shippingTerms.freeFrom})`
  const nearPort = await freePort()
  const near = { ...environment, PORT: String(nearPort), PAY_WITHIN_S: String(nearS) }
  const nearApi = await startApi(readEnv(apiVariables, near), container)
  let stopping = false
  const workers: ChildProcess[] = []
  const startWorker = (place: number): void => {
    const worker = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('../../faults/doomed-worker.ts', import.meta.url))],
      {
        env: { ...process.env, ...environment, WORKFLOW_BUNDLE: inject('workflowBundle') },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    workers[place] = worker
    worker.once('exit', () => {
      if (!stopping) startWorker(place)
    })
  }
  for (const place of [0, 1]) startWorker(place)
  let killed = 0

  return {
    ...system,
    nearUrl: `http://127.0.0.1:${nearPort}`,
    tokenOf: (subject, role) => bearer(keys.privateKey, subject, { expires: '2h', ...(role && { role }) }),
    killWorker: () => void workers[killed++ % workers.length]?.kill('SIGKILL'),
    flushRedis: async () => void (await redis.redis.flushall()),
    async close() {
      stopping = true
      await nearApi.stop()
      for (const worker of workers) {
        const gone = once(worker, 'exit')
        if (worker.kill('SIGTERM')) await gone
      }
      await system.close()
      await redis.stop()
      folder.remove()
    },
  }
}
