import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common'
import type { Logger } from 'pino'
import { readSession } from '../../db/reads/sessions.ts'
import type { Sql } from '../../db/types.ts'
import type { NewOffer, QuotaChange } from '../../domain/flash-sale.ts'
import { type SessionId, sessionWorkflowId } from '../../domain/ids.ts'
import { type Refusal, Refused, refuse } from '../../domain/refusals.ts'
import { isThrottled } from '../../runtime/away.ts'
import type { Events, Gate } from '../../runtime/container.ts'
import { faultOf } from '../../runtime/fault.ts'
import { byDeadline, TemporalAway } from '../../runtime/temporal-deadline.ts'
import type { Brakable } from '../../services/flash-sales/apply-terms.ts'
import {
  type Braked,
  resumeSale,
  shedSale,
  stopSale,
  wantCaptcha,
} from '../../services/flash-sales/brakes.ts'
import { insertSession, type SessionPlan } from '../../services/flash-sales/plan-session.ts'
import type { session as sessionWorkflow } from '../../workflows/index.ts'
import { addOffer, changeQuota, endNow } from '../../workflows/messages.ts'
import { Problem } from '../http/errors/problem.ts'

/**
 * What operators do to sessions. A change answers when it is done; it refuses `session_unknown`,
 * `session_ended` and what its activity refuses.
 */
export type SessionOperations = {
  /** Writes a session and starts it; false when the same one was there. Refuses `session_exists`. */
  plan(plan: SessionPlan): Promise<boolean>
  addOffer(session: SessionId, offer: NewOffer): Promise<void>
  /** Repeated with the same change's id it is done once. */
  changeQuota(session: SessionId, change: QuotaChange): Promise<void>
  /** Answers when the gates are closed; staging and counting follow. */
  end(session: SessionId): Promise<void>
  /**
   * The brakes, of a session or one of its offers: services/flash-sales/brakes.ts. They need PostgreSQL and
   * Redis, no Temporal.
   */
  pause(what: Brakable): Promise<Braked>
  resume(what: Brakable): Promise<Braked>
  shed(what: Brakable, percent: number): Promise<Braked>
  captcha(session: SessionId, on: boolean): Promise<void>
}

type OperationDeps = {
  sql: Sql
  gate: Gate
  client: Client
  events: Pick<Events, 'announceSession'>
  /** The task queue of sessions: that of orders. */
  queue: string
  log: Logger
  /** How long an operator waits for a change. */
  waitMs?: number
}

/**
 * Sessions by their rows and their workflows. A change that takes longer than `waitMs` in all, or comes while
 * Temporal has as many under way as it takes of one session, throws the problem `still_being_done`.
 */
export function createSessionOperations({
  sql,
  gate,
  client,
  events,
  queue,
  log,
  waitMs = 10_000,
}: OperationDeps): SessionOperations {
  const within = <T>(deadline: number, call: () => Promise<T>): Promise<T> =>
    byDeadline(client, deadline, call)

  async function start({
    id,
    opensAt,
    endsAt,
  }: Pick<SessionPlan, 'id' | 'opensAt' | 'endsAt'>): Promise<void> {
    try {
      await client.workflow.start<typeof sessionWorkflow>('session', {
        args: [{ session: id, opensAt: opensAt.getTime(), endsAt: endsAt.getTime() }],
        taskQueue: queue,
        workflowId: sessionWorkflowId(id),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `flash sale ${id}`,
      })
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }

  /**
   * A session that lives and has no workflow was just written, or its workflow was terminated: it is started
   * now.
   */
  async function startIfAlive(id: SessionId, deadline: number): Promise<void> {
    const row = await readSession(sql, id)
    if (!row) return refuse('session_unknown', {})
    if (row.phase === 'ended') return refuse('session_ended', {})
    await within(deadline, () => start(row))
  }

  async function change(id: SessionId, update: (session: WorkflowHandle) => Promise<void>): Promise<void> {
    const deadline = Date.now() + waitMs
    const ask = () => within(deadline, () => update(client.workflow.getHandle(sessionWorkflowId(id))))
    try {
      await ask().catch(async (error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error
        await startIfAlive(id, deadline)
        await ask()
      })
    } catch (error) {
      throw answerOf(error)
    }
  }

  const announcing = async <T>(session: SessionId, work: Promise<T>): Promise<T> => {
    const done = await work
    events.announceSession(session)
    return done
  }

  return {
    async plan(plan) {
      const fresh = await insertSession(sql, plan)
      events.announceSession(plan.id)
      await within(Date.now() + waitMs, () => start(plan)).catch((error: unknown) =>
        log.warn(
          { session: plan.id, fault: faultOf(error) },
          'a session is started by the Schedule that plans the day',
        ),
      )
      return fresh
    },
    addOffer: (id, offer) => change(id, (session) => session.executeUpdate(addOffer, { args: [offer] })),
    changeQuota(id, request) {
      // A change's id is its offer's own, an update's is the session's.
      const updateId = `${request.sku}:${request.change}`
      return change(id, (session) => session.executeUpdate(changeQuota, { args: [request], updateId }))
    },
    pause: (what) => announcing(what.session, stopSale({ sql, gate }, what)),
    resume: (what) => announcing(what.session, resumeSale({ sql, gate }, what)),
    shed: (what, percent) => announcing(what.session, shedSale({ sql, gate }, what, percent)),
    captcha: (session, on) => announcing(session, wantCaptcha(sql, session, on)),
    end: (id) => change(id, (session) => session.executeUpdate(endNow)),
  }
}

/**
 * A refusal as one, a step that nobody finished within its minute as a server that is away, a wait that was
 * too long as the problem that it is, anything else as the fault that it is. Temporal takes ten updates of a
 * workflow at a time and refuses the next one for now; its connection tries that again until nobody waits any
 * more.
 * https://docs.temporal.io/cloud/limits#per-workflow-execution-update-limits
 */
function answerOf(error: unknown): unknown {
  const late = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof TemporalAway
  if (late || isThrottled(error)) return new Problem('still_being_done')
  if (!(error instanceof WorkflowUpdateFailedError)) return error
  if (ranOutOfTime(error.cause)) return new Problem('server_away')
  if (!(error.cause instanceof ApplicationFailure)) return error
  const { type, details } = error.cause
  // What activities and the workflow put there.
  return type === 'refused' ? new Refused(details?.[0] as Refusal) : error
}

const ranOutOfTime = (failure: Error | undefined): boolean =>
  failure instanceof ActivityFailure && failure.cause instanceof TimeoutFailure
