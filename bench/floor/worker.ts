import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, type InjectedSinks, NativeConnection, Worker } from '@temporalio/worker'
import { orderWorkerSettings } from '../../runtime/workers.ts'
import { answerMemory, hangUp } from '../memory.ts'
import type { BenchSinks } from './workflows.ts'

/** A worker of the bare workflows, in a process of its own, with the settings of an order worker. */
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
})
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' })
const sinks: InjectedSinks<BenchSinks> = {
  bench: { asleep: { fn: ({ workflowId }) => void process.send?.({ asleep: workflowId }) } },
}
const worker = await Worker.create({
  connection,
  namespace: 'default',
  taskQueue: 'bare',
  workflowBundle,
  sinks,
  ...orderWorkerSettings(Number(process.env.CACHED_ORDERS ?? 300)),
})
process.once('SIGTERM', () => worker.shutdown())
answerMemory()
await worker.run()
await connection.close()
await hangUp()
