import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SkuId } from '../../domain/ids.ts'
import { addOffer, changeQuota, endNow, pause, resume } from '../../workflows/messages.ts'
import { gate } from '../support/gates.ts'
import { refusalOf } from '../support/updates.ts'
import { type Acting, refused, reportOf } from './acting.ts'
import { type Played, type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

const sku = '7' as SkuId // Ids of a stage need no rows.
const closing = ['closeGates', 'untilStaged', 'endSession', 'removeGate']
const handleOf = ({ handle }: Played) => stage.client.workflow.getHandle(handle.workflowId)
const end = (played: Played) => handleOf(played).executeUpdate(endNow)
const toQuota = (played: Played, quota: number) =>
  handleOf(played).executeUpdate(changeQuota, { args: [{ sku, quota, change: `to ${quota}` }] })
const add = (played: Played) =>
  handleOf(played).executeUpdate(addOffer, {
    args: [{ sku, priceFen: '1', quota: 1, limit: 1, warehouse: 1 }],
  })

describe('a session', () => {
  it('is preheated, closed, staged, counted, and its keys are removed, in this order', async () => {
    const played = await stage.session(
      { endsAt: Date.now() + 300 },
      { endSession: (session) => reportOf(session, [2, 0, 3]) },
    )
    expect(await played.end()).toEqual({ sold: 5 })
    expect(played.calls).toEqual(['preheat', ...closing])
  })

  it('is not preheated when it was ended before', async () => {
    const played = await stage.session({ opensAt: Date.now() + 3_600_000, endsAt: Date.now() + 7_200_000 })
    await end(played)
    expect(await played.end()).toEqual({ sold: 0 })
    expect(played.calls).toEqual(['closeGates', ...closing])
  })

  it.each(['preheat', 'closeGates', 'untilStaged', 'endSession', 'removeGate'] as const)(
    'tries %s until it succeeds',
    async (name) => {
      let failing = 3
      const fails = () => {
        if (failing-- > 0) throw new Error('PostgreSQL is restarting')
      }
      const failsAtFirst: Acting =
        name === 'endSession'
          ? {
              endSession: (session) => {
                fails()
                return reportOf(session, [])
              },
            }
          : { [name]: fails }
      const played = await stage.session({ endsAt: Date.now() + 300 }, failsAtFirst)
      expect(await played.end()).toEqual({ sold: 0 })
      expect(played.calls.filter((call) => call === name)).toHaveLength(4)
    },
  )

  it('that somebody cancels in Temporal’s UI ends as if it were ended here', async () => {
    const played = await stage.session()
    await played.called('preheat')
    await handleOf(played).cancel()
    expect(await played.end()).toEqual({ sold: 0 })
    expect(played.calls).toEqual(['preheat', ...closing])
  })

  it('that is cancelled while it closes, or does what an operator asked for, is not broken off', async () => {
    const [paused, staged] = [gate(), gate()]
    const played = await stage.session(
      {},
      { pauseSession: () => paused.opened, untilStaged: () => staged.opened },
    )
    await played.called('preheat') // An update that comes with the first task is done before it.
    const pausing = handleOf(played).executeUpdate(pause)
    await played.called('pauseSession')
    await handleOf(played).cancel()
    paused.open()
    await pausing
    await played.called('untilStaged')
    await handleOf(played)
      .cancel()
      .catch(() => {}) // Temporal may have nothing more to cancel.
    staged.open()
    expect(await played.end()).toEqual({ sold: 0 })
    expect(played.calls).toEqual(['preheat', 'pauseSession', ...closing])
  })
})

describe('what operators ask for', () => {
  it('is done one after the other, in the order in which it was asked', async () => {
    const [slow, log] = [gate(), [] as string[]]
    const played = await stage.session(
      {},
      {
        changeQuota: async (_, { quota }) => {
          log.push(`${quota} begins`)
          if (quota === 1) await slow.opened
          log.push(`${quota} is done`)
        },
      },
    )
    const first = toQuota(played, 1)
    await played.called('changeQuota')
    const others = [toQuota(played, 2)]
    await accepted(played, 2)
    others.push(toQuota(played, 3))
    await accepted(played, 3)
    slow.open()
    await Promise.all([first, ...others])
    expect(log).toEqual([1, 2, 3].flatMap((quota) => [`${quota} begins`, `${quota} is done`]))
  })

  it('waits for the preheating, also when it is the end', async () => {
    const warm = gate()
    const played = await stage.session({}, { preheat: () => warm.opened })
    await played.called('preheat')
    const requests = [handleOf(played).executeUpdate(pause)]
    await accepted(played, 1)
    requests.push(end(played))
    await accepted(played, 2)
    expect(played.calls).toEqual(['preheat'])
    warm.open()
    await Promise.all(requests)
    await played.end()
    expect(played.calls).toEqual(['preheat', 'pauseSession', 'closeGates', ...closing])
  })

  it('may be refused, and answers why; the session goes on', async () => {
    const refusal = { code: 'quota_below_granted', details: { least: 4 } } as const
    const played = await stage.session(
      {},
      {
        changeQuota: () => {
          throw refused(refusal)
        },
      },
    )
    expect(await refusalOf(toQuota(played, 1))).toEqual(refusal)
    await handleOf(played).executeUpdate(resume)
    await end(played)
    expect(await played.end()).toEqual({ sold: 0 })
  })

  it('is refused at once while the session closes', async () => {
    const staged = gate()
    const played = await stage.session({}, { untilStaged: () => staged.opened })
    await end(played)
    await played.called('untilStaged')
    for (const request of [
      () => add(played),
      () => toQuota(played, 1),
      () => end(played),
      () => handleOf(played).executeUpdate(pause),
    ])
      expect(await refusalOf(request())).toEqual({ code: 'session_ended', details: {} })
    staged.open()
    expect(await played.end()).toEqual({ sold: 0 })
  })

  it('and cannot come true for a minute, fails, and keeps nobody from ending the session', {
    timeout: 150_000,
  }, async () => {
    const played = await stage.session(
      { endsAt: Date.now() + 3_600_000 },
      {
        addOffer: () => {
          throw new Error('there is no such SKU')
        },
      },
    )
    await played.called('preheat')
    const adding = expect(add(played)).rejects.toThrow()
    await accepted(played, 1)
    await Promise.all([adding, end(played)])
    expect(await played.end()).toEqual({ sold: 0 })
    expect(played.calls.filter((call) => call !== 'addOffer')).toEqual(['preheat', 'closeGates', ...closing])
  })
})

/** Resolves when the session has accepted so many updates. */
const accepted = (played: Played, count: number) =>
  expect
    .poll(
      async () =>
        (await handleOf(played).fetchHistory()).events?.filter(
          (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
        ).length,
      {
        timeout: 20_000,
      },
    )
    .toBe(count)
