import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker'
import {
  type ActivityDeps,
  createOrderActivities,
  createPaymentActivities,
  createSessionActivities,
} from '../activities/index.ts'
import { paymentsQueue } from '../workflows/messages.ts'
import { activityDeps, type Container } from './container.ts'
import type { WorkerEnv } from './environment.ts'
import { meteredActivities } from './metered.ts'

type WorkerOptions = {
  connection: NativeConnection
  namespace: string
  /** The queue of orders; the queue of provider calls is named after it. */
  queue: string
  workflowBundle: WorkflowBundleOption
  activities: ActivityDeps
  cachedOrders: number
  providerCallsPerSecond: number
}

/** Workers that run until `stop` is called, and reject `failed` when one of them cannot go on. */
export type Running = { stop(): Promise<void>; failed: Promise<never> }

/** Starts the worker of the queue `orders` and, unless `only` says otherwise, the one of `payments`. */
export async function startWorkers(options: WorkerOptions, only?: 'orders'): Promise<Running> {
  const workers = [await orderWorker(options), ...(only === 'orders' ? [] : [await paymentWorker(options)])]
  const runs = workers.map((worker) => worker.run())
  const failed = Promise.race(runs.map((run) => run.then(() => new Promise<never>(() => {}))))
  failed.catch(() => {}) // Whoever cares awaits `failed`; nobody has to.
  return {
    failed,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
      await Promise.allSettled(runs)
    },
  }
}

/** The same for a process that has read its environment and opened its container. */
export const startWorkersOf = (
  env: WorkerEnv,
  container: Container,
  { workflowBundle, only }: { workflowBundle: WorkflowBundleOption; only?: 'orders' },
): Promise<Running> =>
  startWorkers(
    {
      connection: container.connection,
      namespace: env.TEMPORAL_NAMESPACE,
      queue: env.ORDERS_QUEUE,
      workflowBundle,
      activities: activityDeps(container),
      cachedOrders: env.CACHED_ORDERS,
      providerCallsPerSecond: env.PROVIDER_CALLS_PER_SECOND,
    },
    only,
  )

function orderWorker({
  connection,
  namespace,
  queue,
  workflowBundle,
  activities,
  cachedOrders,
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: queue,
    workflowBundle,
    activities: meteredActivities({
      ...createOrderActivities(activities),
      ...createSessionActivities(activities),
    }),
    ...orderWorkerSettings(cachedOrders),
  })
}

/**
 * How much an order worker takes on at once. Tasks that it does not take wait in Temporal's backlog, where
 * newer ones overtake them: with 60 slots and 2 polls for new workflows (the SDK polls 10 times, 2 of them
 * for those) some waited 18 s under full load, with these none waited 2 s. The cache is bounded because a
 * sleeping order replays cheaply.
 */
export const orderWorkerSettings = (cachedOrders: number) => ({
  maxCachedWorkflows: cachedOrders,
  maxConcurrentWorkflowTaskExecutions: 200,
  maxConcurrentWorkflowTaskPolls: 20,
  nonStickyToStickyPollRatio: 0.5,
  maxConcurrentLocalActivityExecutions: 60,
  maxConcurrentActivityTaskExecutions: 30,
  shutdownGraceTime: '5 s',
})

function paymentWorker({
  connection,
  namespace,
  queue,
  activities,
  providerCallsPerSecond,
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: paymentsQueue(queue),
    activities: meteredActivities(createPaymentActivities(activities)),
    maxConcurrentActivityTaskExecutions: 50,
    maxTaskQueueActivitiesPerSecond: providerCallsPerSecond,
    shutdownGraceTime: '5 s',
  })
}
