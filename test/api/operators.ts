import { randomBytes } from 'node:crypto'
import { exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import type { OfferKey } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import { openSystem, type TestSystem } from '../end-to-end/system.ts'
import { onSale } from '../support/flash-sale.ts'
import { bearer } from './harness.ts'

export const hour = 3_600_000
type Request = { body?: unknown; headers?: Record<string, string>; token?: string }
type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

/** A system with a consumer for the tests of this file, and what an operator's page asks of it. */
export function useOperators() {
  let system: TestSystem
  let operator: string
  let buyer: string
  let skus: SkuId[]
  beforeAll(async () => {
    const keys = await generateKeyPair('RS256')
    system = await openSystem({ consumer: true, env: { JWT_PUBLIC_KEY: await exportSPKI(keys.publicKey) } })
    operator = await bearer(keys.privateKey, '1', { role: 'operator' })
    buyer = await bearer(keys.privateKey, '20001', { role: 'customer' })
    skus = await system.skus()
  })
  afterAll(() => system.close())

  async function call(
    method: string,
    path: string,
    { body, headers = {}, token = operator }: Request = {},
  ): Promise<Answer> {
    const answer = await fetch(`${system.url}/v1/ops/sessions${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as Record<string, unknown>,
    } // An object, always.
  }

  const skuOf = (n: number): SkuId => skus[n] ?? ('0' as SkuId) // A seeded shop has enough.
  const offer = (n: number, more: object = {}) => ({
    sku: skuOf(n),
    price: { fen: '9900' },
    quota: 5,
    warehouse: 1,
    ...more,
  })
  /** A session that is preheated at once and opens in four minutes, unless it is said otherwise. */
  const plan = (more: object = {}) => ({
    // Temporal is shared: two files at once must not name their sessions alike.
    id: `2026121210-${randomBytes(6).toString('hex')}`,
    opensAt: new Date(Date.now() + 240_000).toISOString(),
    endsAt: new Date(Date.now() + hour).toISOString(),
    offers: [offer(0)],
    ...more,
  })
  async function planned(more: object = {}): Promise<SessionId> {
    const { status, body } = await call('POST', '', { body: plan(more) })
    expect([status, body]).toEqual([201, expect.objectContaining({ id: expect.any(String) })])
    return body.id as SessionId // What it answered.
  }
  const sessionsWritten = async () =>
    (await system.container.db.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM sessions`)[0]?.n
  const offersOf = async (session: SessionId) =>
    (await call('GET', `/${session}`)).body.offers as Record<string, unknown>[] // A session's.
  /** Out of the warehouse, and its gates loaded, which comes after that commit. */
  const preheated = (session: SessionId) =>
    vi.waitFor(
      async () => {
        const offers = await offersOf(session)
        expect(offers.every((one) => one.preheated)).toBe(true)
        // As the API names it.
        for (const { sku } of offers) await onSale(system.container.gate, { session, sku: sku as SkuId })
      },
      { timeout: 20_000, interval: 50 },
    )
  const open = (session: SessionId, n = 0): OfferKey => ({ session, sku: skuOf(n) })
  return {
    system: () => system,
    buyer: () => buyer,
    call,
    skuOf,
    offer,
    plan,
    planned,
    sessionsWritten,
    offersOf,
    preheated,
    open,
  }
}
