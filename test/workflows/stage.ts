import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { inject } from 'vitest'
import type { OrderActivities, PaymentActivities } from '../../activities/index.ts'
import type { NotificationId, OrderId } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { order, refund } from '../../workflows/index.ts'
import { paid, paymentsQueue } from '../../workflows/messages.ts'

type All = OrderActivities & PaymentActivities
/** Activities of a test: what it doesn't name succeeds. */
export type Acting = { [N in keyof All]?: (...args: Parameters<All[N]>) => Awaited<ReturnType<All[N]>> | Promise<Awaited<ReturnType<All[N]>>> }

/** A workflow under test: real Temporal, activities that only remember that they were called. */
export type Stage = {
  client: Client
  start(input: Partial<OrderInput>, acting?: Acting, options?: { worker?: false }): Promise<Played>
  /** A refund's workflow instead of an order's. */
  refund(acting: Acting): Promise<Played>
  close(): Promise<void>
}
export type Played = {
  id: OrderId
  /** The activities in the order of their calls. */
  calls: string[]
  handle: Awaited<ReturnType<Client['workflow']['start']>>
  /** Starts the worker, where the start was told not to. */
  run(): Promise<void>
  /** Tells it that a notification has paid it. */
  tellPaid(notification: string): Promise<void>
  end(): Promise<{ status: string }>
  /** Resolves when the activity has been called `times` times. */
  called(name: keyof All, times?: number): Promise<void>
}

/** As an activity refuses. */
export const refused = (refusal: Refusal) =>
  ApplicationFailure.create({ type: 'refused', nonRetryable: true, message: refusal.code, details: [refusal] })

/** Closing finds an open attempt so many times, before it finds none. */
export const withAttempt = (times = 1) => {
  let left = times
  return {
    closeOrder: () => (left-- > 0 ? ({ status: 'closing', openAttempt: true } as const) : ({ status: 'closed', openAttempt: false } as const)),
  }
}

let serial = Date.now()

export async function setStage(): Promise<Stage> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const address = inject('temporalAddress')
  const [connection, native] = [await Connection.connect({ address }), await NativeConnection.connect({ address })]
  const client = new Client({ connection })
  const running: { worker: Worker; run: Promise<void> }[] = []

  async function start(input: Partial<OrderInput>, acting: Acting = {}, { worker: now = true as boolean, refunding = false } = {}): Promise<Played> {
    const id = String(++serial) as OrderId
    const queue = `orders-stage-${id}`
    const calls: string[] = []
    const waiting: (() => void)[] = []
    const activities = Object.fromEntries(
      Object.entries(plot(input.payWithinMs ?? 60_000, acting)).map(([name, act]) => [
        name,
        async (...args: never[]) => {
          calls.push(name)
          for (const look of waiting) look()
          return (act as (...args: never[]) => unknown)(...args)
        },
      ]),
    )
    const run = async () => {
      const common = { connection: native, activities, shutdownGraceTime: '1 s' } as const
      for (const taskQueue of [queue, paymentsQueue(queue)]) {
        const worker = await Worker.create({
          ...common,
          taskQueue,
          ...(taskQueue === queue ? { workflowBundle: { codePath: inject('workflowBundle') } } : {}),
        })
        running.push({ worker, run: worker.run() })
      }
    }
    if (now) await run()
    const handle = refunding
      ? await client.workflow.start<typeof refund>('refund', { args: [{ number: id as never }], taskQueue: queue, workflowId: `refund-${id}` })
      : await client.workflow.start<typeof order>('order', { args: [inputOf(id, input)], taskQueue: queue, workflowId: `order-${id}` })
    return {
      id,
      calls,
      handle,
      run,
      tellPaid: (notification) => client.workflow.getHandle(`order-${id}`).signal(paid, notification as NotificationId),
      end: () => handle.result() as Promise<{ status: string }>,
      called: (name, times = 1) =>
        new Promise((resolve) => {
          const look = () => {
            if (calls.filter((call) => call === name).length >= times) resolve()
          }
          waiting.push(look)
          look()
        }),
    }
  }

  return {
    client,
    start,
    refund: (acting) => start({}, acting, { refunding: true }),
    async close() {
      for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown()
      await Promise.all(running.map(({ run }) => run))
      await native.close()
      await connection.close()
    },
  }
}

/** An order that is placed step by step, never paid, and closed, unless the test says otherwise. */
const plot = (payWithinMs: number, acting: Acting): Acting => ({
  place: () => undefined,
  openOrder: () => ({ mine: true, fresh: true, status: 'placing' }),
  reserveStock: () => {},
  lockCoupon: () => {},
  debitBalance: () => {},
  spendPoints: () => {},
  confirm: () => ({ status: 'awaiting_payment', payBy: Date.now() + payWithinMs }),
  rejectOrder: () => ({ status: 'rejected', payBy: null }),
  closeOrder: () => ({ status: 'closed', openAttempt: false }),
  judge: () => 'paid',
  raiseAttention: () => {},
  clearAttention: () => {},
  closeAttempt: () => ({ is: 'closed' }),
  refundAtProvider: () => 'success',
  ...acting,
})

const inputOf = (id: OrderId, input: Partial<OrderInput>): OrderInput =>
  ({
    orderId: id,
    buyerId: '1',
    kind: 1,
    source: 'web',
    lines: [],
    rates: {},
    addressId: '1',
    couponId: '1',
    points: '1',
    balance: '1',
    payment: 'online',
    fingerprint: 'x',
    payWithinMs: 60_000,
    ...input,
  }) as OrderInput // Ids of a stage need no rows, so plain numbers serve.
