import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Client, type WorkflowHandle } from '@temporalio/client'
import { bundleWorkflowCode, type InjectedSinks, NativeConnection, Worker } from '@temporalio/worker'
import { orderWorkerSettings } from '../../runtime/workers.ts'
import { inParallel } from '../figures.ts'
import { answerMemory, hangUp } from '../memory.ts'
import type { BenchSinks } from './workflows.ts'

/** What the benchmark asks of the floor: so many bare orders, `width` at a time. */
export type FloorRun = { total: number; width: number }

/** Until every bare order was paid, and until every workflow had ended (ms). */
export type FloorResult = { allMs: number; endedMs: number }

/**
 * A worker of the bare workflows with the settings of an order worker, and a client on its connection: an
 * order that is started here starts eagerly, as ours do in the API's process.
 */
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
})
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' })
const asleep = new Map<string, () => void>()
const sinks: InjectedSinks<BenchSinks> = {
  bench: { asleep: { fn: ({ workflowId }) => asleep.get(workflowId)?.() } },
}
const worker = await Worker.create({
  connection,
  namespace: 'default',
  taskQueue: 'bare',
  workflowBundle,
  sinks,
  ...orderWorkerSettings(Number(process.env.CACHED_ORDERS ?? 300)),
})
const client = new Client({ connection })

/**
 * Start; once its timer runs, as an order's does before anybody can pay it, the signal. Its end is not waited
 * for.
 */
async function bareOrder(): Promise<WorkflowHandle> {
  const workflowId = `bare-${randomUUID()}`
  const sleeps = new Promise<void>((resolve) => asleep.set(workflowId, resolve))
  const handle = await client.workflow.start('bareOrder', {
    taskQueue: 'bare',
    workflowId,
    requestEagerStart: true,
  })
  await sleeps
  asleep.delete(workflowId)
  await handle.signal('paid')
  return handle
}

async function run({ total, width }: FloorRun): Promise<FloorResult> {
  const started = performance.now()
  const handles: WorkflowHandle[] = []
  const { allMs } = await inParallel(total, width, async () => {
    handles.push(await bareOrder())
  })
  await inParallel(total, width, async (i) => {
    await handles[i]?.result()
  })
  return { allMs, endedMs: performance.now() - started }
}

process.on('message', async (asked: { bare?: FloorRun }) => {
  if (asked.bare) process.send?.({ ran: await run(asked.bare) })
})
process.once('SIGTERM', () => worker.shutdown())
answerMemory()
await worker.run()
await connection.close()
await hangUp()
