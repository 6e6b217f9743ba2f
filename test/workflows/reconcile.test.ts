import { ApplicationFailure } from '@temporalio/common'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lateAndBroken } from './acting.ts'
import { type Stage, setStage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

it('a day is reconciled by its statement of trades, and the one of funds is kept', async () => {
  const kinds: string[] = []
  const played = await stage.reconcile({
    fetchStatement: (_, kind) => {
      kinds.push(kind)
      return 'fetched'
    },
  })
  expect(await played.end()).toEqual({ rows: 3, repaired: 1, different: 0 })
  expect(kinds).toEqual(['trade', 'fund_flow'])
})

it('a statement that does not come is asked for on, and a human is notified; one that is not whole is fetched anew', async () => {
  const played = await stage.reconcile(lateAndBroken())
  expect(await played.end()).toEqual({ rows: 3, repaired: 0, different: 2 })
  expect(played.calls).toEqual([
    ...['fetchStatement', 'raiseAttention', 'fetchStatement', 'matchStatement'],
    ...['fetchStatement', 'matchStatement', 'clearAttention', 'clearAttention', 'fetchStatement'],
  ])
})

it('a fault while matching is tried again', async () => {
  let tried = 0
  const played = await stage.reconcile({
    matchStatement: () => {
      if (++tried < 3) throw new Error('the database is away')
      return { rows: 0, repaired: 0, different: 0 }
    },
  })
  expect(await played.end()).toEqual({ rows: 0, repaired: 0, different: 0 })
})

it('each statement that waits gets one workflow, named after it, however often they are planned', async () => {
  const provider = `p${Math.random()}`
  const waiting = ['2026-03-01', '2026-03-02'].map((date) => ({ provider, date }))
  const plan = async () => (await stage.planStatements({ statementsToReconcile: () => waiting })).end()
  expect(await plan()).toEqual({ started: 2 })
  expect(await plan()).toEqual({ started: 0 })
  const first = stage.client.workflow.getHandle(`reconcile-${provider}-2026-03-01`)
  expect((await first.describe()).type).toBe('reconcile')
})

it('a statement that cannot be matched for an hour raises attention, and is matched on', async () => {
  let tried = 0
  const played = await stage.reconcile({
    matchStatement: () => {
      if (++tried === 1) throw ApplicationFailure.nonRetryable('a column that nobody expected')
      return { rows: 3, repaired: 0, different: 0 }
    },
  })
  expect(await played.end()).toEqual({ rows: 3, repaired: 0, different: 0 })
  expect(played.calls).toEqual([
    ...['fetchStatement', 'matchStatement', 'raiseAttention', 'matchStatement'],
    ...['clearAttention', 'clearAttention', 'fetchStatement'],
  ])
})

it('a plan that cannot be made raises attention, and is made when it can', async () => {
  const provider = `p${Math.random()}`
  let tried = 0
  const planned = await stage.planStatements({
    statementsToReconcile: () => {
      if (++tried === 1) throw ApplicationFailure.nonRetryable('the statement timed out')
      return [{ provider, date: '2026-03-01' }]
    },
  })
  expect(await planned.end()).toEqual({ started: 1 })
  expect(planned.calls.slice(0, 4)).toEqual([
    ...['statementsToReconcile', 'raiseAttention', 'statementsToReconcile', 'clearAttention'],
  ])
})
