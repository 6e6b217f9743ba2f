import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBrowser } from '../../demo/crowd/http.ts'
import { createMember } from '../../demo/crowd/member.ts'
import type { CrowdPlan } from '../../demo/crowd/plan.ts'
import { createTally } from '../../demo/crowd/tally.ts'
import { type Harness, startHarness } from '../api/harness.ts'
import { openSale } from '../api/sale.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

it('a member of a crowd works for a token where the session wants a captcha, and gets in', async () => {
  const sale = await openSale(harness, { captcha: true })
  const { id, addressId, token: bearer } = await sale.shopper()
  const [browser, tally] = [createBrowser(harness.url, 1), createTally()]
  const plan = { offer: sale.offer } as CrowdPlan // What it reads of it.
  const member = createMember(
    { browser, sandbox: browser, plan, tally },
    { buyer: { id, addressId }, bearer, n: 0 },
  )
  await member.fetchToken()
  expect(member.token()).not.toBe('')
  expect(await member.join()).toMatchObject({ answer: 'admitted' })
  expect(tally.now().problems).toEqual([])
  browser.close()
})
