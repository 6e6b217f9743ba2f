import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harness, startHarness } from './harness.ts'
import { openSale, type Sale } from './sale.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

type Shown = {
  id: string
  state: string
  opensAt: string
  tokensFrom: string
  captcha: boolean
  offers: Record<string, unknown>[]
}
type Sales = { current: Shown[]; next: Shown[] }
const list = (headers: Record<string, string> = {}) =>
  fetch(`${harness.url}/v1/seckill/sessions`, { headers })
const sales = async (): Promise<Sales> => (await (await list()).json()) as Sales // What it answers.
const ids = (shown: Shown[]) => shown.map(({ id }) => id)
const page = async ({ path }: Pick<Sale, 'path'>) => {
  const answer = await fetch(harness.url + path)
  return {
    status: answer.status,
    body: (await answer.json()) as { serverTime: string; session: Shown; offer: object; code?: string },
  } // A page, or a problem.
}

it('shows everybody the sessions that are on and those that come, the soonest first', async () => {
  const later = await openSale(harness, { opensInMs: 7_200_000, gate: 'none' })
  const soon = await openSale(harness, { opensInMs: 600_000, gate: 'none', captcha: true })
  const open = await openSale(harness, { quota: 7, limit: 2 })
  const over = await openSale(harness)
  await harness.db.sql`UPDATE sessions SET phase = 'ended' WHERE id = ${over.offer.session}`
  await openSale(harness, { opensInMs: -7_200_000, gate: 'none' })
  const { current, next } = await sales()
  expect(ids(current)).toEqual([open.offer.session])
  expect(ids(next)).toEqual([soon.offer.session, later.offer.session])
  const opens = new Date(soon.opensAt)
  expect(next[0]).toMatchObject({
    state: 'coming',
    captcha: true,
    opensAt: opens.toISOString(),
    tokensFrom: new Date(soon.opensAt - 60_000).toISOString(),
  })
  expect(current[0]).toMatchObject({ state: 'open', captcha: false })
  expect(current[0]?.offers).toEqual([
    {
      sku: open.offer.sku,
      name: 'Tea 250 g',
      image: '/tea.png',
      attributes: { weight: '250 g' },
      price: { fen: '900', currency: 'CNY' },
      usualPrice: { fen: '1999', currency: 'CNY' },
      quota: 7,
      limit: 2,
      soldOut: false,
    },
  ])
})

describe('the list', () => {
  it('is 304 for who has it, and says the server’s time all the same', async () => {
    await openSale(harness, { gate: 'none' })
    const first = await list()
    const tag = first.headers.get('etag') ?? ''
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'public, max-age=1'])
    const before = Date.now()
    const again = await list({ 'if-none-match': tag })
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, tag, ''])
    const serverTime = new Date(again.headers.get('x-server-time') ?? '').getTime()
    expect(serverTime).toBeGreaterThanOrEqual(before)
    expect(serverTime).toBeLessThanOrEqual(Date.now())
  })

  it('has another tag as soon as it says something else, which is within two seconds', async () => {
    const sale = await openSale(harness, { gate: 'none' })
    const tag = (await list()).headers.get('etag') ?? ''
    await harness.db.sql`UPDATE sessions SET captcha = true WHERE id = ${sale.offer.session}`
    const changed = async () => (await list({ 'if-none-match': tag })).status
    await expect.poll(changed, { timeout: 10_000 }).toBe(200)
  })

  it('goes out compressed to who takes that, and as it is to who does not', async () => {
    const [plain, brotli, gzip] = await Promise.all(
      ['identity', 'gzip, deflate, br', 'gzip'].map((encoding) => list({ 'accept-encoding': encoding })),
    )
    const encodings = [plain, brotli, gzip].map((answer) => answer?.headers.get('content-encoding'))
    expect(encodings).toEqual([null, 'br', 'gzip'])
    const bodies = await Promise.all([plain, brotli, gzip].map((answer) => answer?.json()))
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(plain?.headers.get('vary')).toBe('Accept-Encoding')
  })

  it('costs a statement or two a second, however many reload it', async () => {
    await list()
    harness.statements.length = 0
    const began = performance.now()
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 20 }, () => list()))
    const seconds = Math.ceil((performance.now() - began) / 1000) + 1
    const read = harness.statements.filter((statement) => statement.includes('FROM sessions'))
    expect(read.length).toBeLessThanOrEqual(2 * seconds)
  })
})

it('shows an offer in its session', async () => {
  const sale = await openSale(harness, { quota: 1 })
  const { status, body } = await page(sale)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    session: { id: sale.offer.session, state: 'open' },
    offer: { sku: sale.offer.sku, quota: 1, soldOut: false },
  })
  expect(body.session).not.toHaveProperty('offers')
})

it('shows a change as soon as it is announced, and otherwise within a second', async () => {
  const sale = await openSale(harness, { quota: 1 })
  await page(sale)
  await harness.db.sql`UPDATE sessions SET paused = true WHERE id = ${sale.offer.session}`
  harness.events.announceSession(sale.offer.session)
  await expect.poll(async () => (await page(sale)).body.session.state, { timeout: 10_000 }).toBe('paused')
  await harness.db
    .sql`UPDATE offers SET granted = 1, sold_out_at = now() WHERE session_id = ${sale.offer.session}`
  await expect
    .poll(async () => (await page(sale)).body.offer, { timeout: 10_000 })
    .toMatchObject({ soldOut: true })
})

it('has no session and no offer that is not there', async () => {
  const sale = await openSale(harness)
  expect(await page({ path: '/v1/seckill/sessions/2019052614/offers/1' })).toMatchObject({
    status: 404,
    body: { code: 'session_unknown' },
  })
  expect(await page({ path: `/v1/seckill/sessions/${sale.offer.session}/offers/1` })).toMatchObject({
    status: 404,
    body: { code: 'offer_unknown' },
  })
  expect(await page({ path: '/v1/seckill/sessions/now/offers/1' })).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
})
