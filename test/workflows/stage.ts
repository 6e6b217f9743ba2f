import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { inject } from 'vitest'
import type { SessionInput } from '../../domain/flash-sale.ts'
import { type NotificationId, type OrderId, type SessionId, sessionWorkflowId } from '../../domain/ids.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { paid, paymentsQueue } from '../../workflows/messages.ts'
import { type Acting, type ActivityName, reportOf } from './acting.ts'

/** A workflow under test: real Temporal, activities that only remember that they were called. */
export type Stage = {
  client: Client
  start(input: Partial<OrderInput>, acting?: Acting, options?: { worker?: false }): Promise<Played>
  /** A refund's workflow instead of an order's. */
  refund(acting: Acting): Promise<Played>
  /** A session's, which has opened and ends in a minute, unless it is said otherwise. */
  session(input?: Partial<SessionInput>, acting?: Acting): Promise<Played>
  /** The one that plans the day. */
  planSlots(acting: Acting): Promise<Played>
  /** A day's reconciliation. */
  reconcile(acting?: Acting): Promise<Played>
  /** The one that starts those. */
  planStatements(acting: Acting): Promise<Played>
  close(): Promise<void>
}
export type Played = {
  id: OrderId
  /** The activities in the order of their calls. */
  calls: string[]
  handle: Awaited<ReturnType<Client['workflow']['start']>>
  /** Starts the worker, where the start did not. */
  run(): Promise<void>
  /** Signals that a notification has paid it. */
  signalPaid(notification: string): Promise<void>
  end(): Promise<unknown>
  /** Resolves when the activity has been called `times` times. */
  called(name: ActivityName, times?: number): Promise<void>
}

/** Files that run at once share a server. */
let serial = Math.floor(Math.random() * 2 ** 50)

export async function setStage(): Promise<Stage> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const address = inject('temporalAddress')
  const [connection, native] = [
    await Connection.connect({ address }),
    await NativeConnection.connect({ address }),
  ]
  const client = new Client({ connection })
  const running: { worker: Worker; run: Promise<void> }[] = []

  async function start(
    plays: (id: OrderId) => {
      workflow: 'order' | 'refund' | 'session' | 'planSlots' | 'reconcile' | 'planStatements'
      id: string
      args: unknown[]
    },
    acting: Acting,
    now = true,
  ): Promise<Played> {
    const id = String(++serial) as OrderId
    const queue = `orders-stage-${id}`
    const { workflow, id: workflowId, args } = plays(id)
    const calls: string[] = []
    const waiting: (() => void)[] = []
    const activities = Object.fromEntries(
      Object.entries(plot(acting)).map(([name, act]) => [
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
    const handle = await client.workflow.start(workflow, { args, taskQueue: queue, workflowId })
    return {
      id,
      calls,
      handle,
      run,
      signalPaid: (notification) =>
        client.workflow.getHandle(`order-${id}`).signal(paid, notification as NotificationId),
      end: () => handle.result(),
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
    start: (input, acting = {}, { worker = true } = {}) => {
      const terms = {
        ...acting,
        confirm:
          acting.confirm ??
          (() =>
            ({ status: 'awaiting_payment', payBy: Date.now() + (input.payWithinMs ?? 60_000) }) as const),
      }
      return start(
        (id) => ({ workflow: 'order', id: `order-${id}`, args: [inputOf(id, input)] }),
        terms,
        worker,
      )
    },
    refund: (acting) =>
      start((id) => ({ workflow: 'refund', id: `refund-${id}`, args: [{ number: id }] }), acting),
    session: (input = {}, acting = {}) => {
      const session = `2019052614-${++serial}` as SessionId // The form that operators' own ids have.
      const hours = { opensAt: Date.now() - 1000, endsAt: Date.now() + 60_000 }
      return start(
        () => ({
          workflow: 'session',
          id: sessionWorkflowId(session),
          args: [{ session, ...hours, ...input }],
        }),
        acting,
      )
    },
    planSlots: (acting) =>
      start((id) => ({ workflow: 'planSlots', id: `plan-slots-${id}`, args: [] }), acting),
    reconcile: (acting = {}) =>
      start(
        (id) => ({
          workflow: 'reconcile',
          id: `reconcile-pay-${id}`,
          args: [{ provider: 'pay', date: '2026-03-01' }],
        }),
        acting,
      ),
    planStatements: (acting) =>
      start((id) => ({ workflow: 'planStatements', id: `plan-statements-${id}`, args: [] }), acting),
    async close() {
      for (const { worker } of running) if (worker.getState() === 'RUNNING') worker.shutdown()
      await Promise.all(running.map(({ run }) => run))
      await native.close()
      await connection.close()
    },
  }
}

/**
 * An order that is placed step by step, never paid, and closed, and a session in which nothing happens,
 * unless the test says otherwise.
 */
const plot = (acting: Acting): Acting => ({
  place: () => undefined,
  openOrder: () => ({ mine: true, fresh: true, status: 'placing' }),
  reserveStock: () => {},
  takeOffer: () => {},
  lockCoupon: () => {},
  debitBalance: () => {},
  spendPoints: () => {},
  rejectOrder: () => ({ status: 'rejected', payBy: null }),
  closeOrder: () => ({ status: 'closed', openAttempt: false }),
  resolvePayment: () => 'paid',
  raiseAttention: () => {},
  clearAttention: () => {},
  closeAttempt: () => ({ is: 'closed' }),
  refundAtProvider: () => 'success',
  planDay: () => [],
  preheat: () => {},
  addOffer: () => {},
  changeQuota: () => {},
  pauseSession: () => {},
  closeGates: () => {},
  untilStaged: () => {},
  endSession: (session) => reportOf(session, []),
  removeGate: () => {},
  statementsToReconcile: () => [],
  fetchStatement: () => 'fetched',
  matchStatement: () => ({ rows: 3, repaired: 1, different: 0 }),
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
