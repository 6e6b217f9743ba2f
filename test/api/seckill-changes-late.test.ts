import { type Client, WorkflowUpdateFailedError } from '@temporalio/client'
import { ActivityFailure, TimeoutFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { createSessionOperations } from '../../api/flash-sales/operations.ts'
import type { SessionId } from '../../domain/ids.ts'
import type { SessionPlan } from '../../services/flash-sales/plan-session.ts'
import { useOperators } from './operators.ts'

const { system, call, skuOf, offer, plan, planned, preheated } = useOperators()

describe('twenty changes of one session at once', () => {
  it('are each done, or answered that they are still being done and when to ask again', async () => {
    const session = await planned({ offers: [offer(7)] })
    await preheated(session)
    const change = (quota: number) => call('PATCH', `/${session}/offers/${skuOf(7)}`, { body: { quota } })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => change((n % 5) + 1)))
    for (const { status, headers, body } of answers)
      if (status !== 200)
        expect([status, body.code, headers.get('retry-after')]).toEqual([
          503,
          'still_being_done',
          expect.stringMatching(/^\d+$/),
        ])
    // Those that are still being done have their turn first.
    await expect
      .poll(() => change(4), { timeout: 40_000 })
      .toMatchObject({ status: 200, body: { offers: [{ quota: 4 }] } })
  })
})

describe('while Temporal does not get on', () => {
  const operations = (client: Client) =>
    createSessionOperations({
      ...system().container,
      sql: system().container.db.sql,
      client,
      queue: 'orders-nobody',
      waitMs: 300,
    })
  const wanted = (): SessionPlan => {
    const { id, opensAt, endsAt } = plan()
    return {
      id: id as SessionId,
      opensAt: new Date(opensAt),
      endsAt: new Date(endsAt),
      payWithinMs: 600_000,
      coolOffMs: 0,
      captcha: false,
      offers: [],
    } // A test's own id.
  }

  it('a change that takes too long is answered so, and may still be done', async () => {
    const slow = operations(system().container.client)
    const session = wanted()
    await slow.plan(session)
    await expect(slow.end(session.id)).rejects.toMatchObject({ code: 'still_being_done' })
  })

  it('more changes of a session than Temporal takes at a time are answered so, too', async () => {
    const slow = operations(system().container.client)
    const session = wanted()
    await slow.plan(session)
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => slow.end(session.id)))
    expect(answers).toEqual(
      answers.map(() => ({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'still_being_done' }),
      })),
    )
  })

  it('a change whose step nobody finished within its minute says that a server is away', async () => {
    const step = new ActivityFailure(
      'Activity task timed out',
      'changeQuota',
      '1',
      'TIMEOUT',
      'a worker that is gone',
      new TimeoutFailure('activity ScheduleToClose timeout', undefined, 'SCHEDULE_TO_CLOSE'),
    )
    const timedOut = {
      async withDeadline() {
        throw new WorkflowUpdateFailedError('Workflow Update failed', step)
      },
      workflow: { getHandle: () => ({}) },
    }
    // Nothing else of it is called.
    const ended = operations(timedOut as unknown as Client).end(wanted().id)
    await expect(ended).rejects.toMatchObject({ code: 'server_away' })
  })

  it('a session is planned all the same: the Schedule starts it later', async () => {
    const away = {
      async withDeadline() {
        throw new Error('Temporal is away')
      },
    }
    const session = wanted()
    // Nothing else of it is called.
    expect(await operations(away as unknown as Client).plan(session)).toBe(true)
    expect((await call('GET', `/${session.id}`)).body).toMatchObject({ phase: 'planned' })
  })
})
