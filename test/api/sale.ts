import { expect, vi } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId } from '../../domain/ids.ts'
import type { ClosedWhy } from '../../domain/order.ts'
import { createGate } from '../../redis/gate/gate.ts'
import { createQueue } from '../../redis/gate/queue.ts'
import { payTicket } from '../../services/flash-sales/offers.ts'
import { preheat } from '../../services/flash-sales/preheat.ts'
import { stage } from '../../services/flash-sales/stage-tickets.ts'
import { closeOrder } from '../../services/orders/close.ts'
import { placeInOneTransaction } from '../../services/orders/place.ts'
import { moveOrder } from '../../services/orders/status.ts'
import { planSession } from '../support/flash-sale.ts'
import { flashOrder } from '../support/tickets.ts'
import type { Buyer, Harness } from './harness.ts'
import { home, stockGoods } from './shop.ts'

export type Terms = {
  opensInMs?: number
  lastsMs?: number
  captcha?: boolean
  quota?: number
  limit?: number
  coolOffMs?: number
  gate?: 'loaded' | 'none'
}
/** A buyer whom the shop knows, with an address. */
export type Shopper = Buyer & { addressId: AddressId }
export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }
/** A body that is text is sent as it is. */
type Request = { body: unknown; headers?: Record<string, string> }
type JoinRequest = { token?: string; quantity?: unknown; addressId?: string }

/** A flash sale's offer over HTTP, with what its consumer and workers would do, done by hand. */
export type Sale = {
  offer: OfferKey
  path: string
  opensAt: number
  endsAt: number
  shopper(): Promise<Shopper>
  get(who: Buyer | undefined, path: string): Promise<Answer>
  post(who: Buyer | undefined, path: string, request: Request): Promise<Answer>
  /** A token; expects that one is given. */
  token(who: Buyer): Promise<string>
  /** Joins for one piece with a fresh token, unless it is said otherwise. */
  join(who: Shopper, request?: JoinRequest): Promise<Answer>
  /** Joins as one who has to get in. */
  admitted(who: Shopper): Promise<TicketId>
  mine(who: Buyer, ticket?: string): Promise<Answer>
  /** Moves what is queued into PostgreSQL. */
  stage(): Promise<void>
  /** Places a staged ticket's order. */
  place(ticket: TicketId): Promise<void>
  close(ticket: TicketId, why: ClosedWhy): Promise<void>
  pay(ticket: TicketId): Promise<void>
}

/**
 * Opens a sale of ten pieces, one for each buyer, that is on for an hour and has been for a second, unless
 * it is said otherwise.
 */
export async function openSale(
  harness: Harness,
  { opensInMs, lastsMs, captcha, quota = 10, limit = 1, coolOffMs = 0, gate: loaded = 'loaded' }: Terms = {},
): Promise<Sale> {
  const { db, ids, events, redis, url } = harness
  const [gate, queue] = [createGate(redis), createQueue(redis)] // Its own: a test may take the API's away.
  const { sku } = await stockGoods(db, ids, { pieces: quota })
  const times = {
    ...(opensInMs === undefined ? {} : { opensInMs }),
    ...(lastsMs === undefined ? {} : { lastsMs }),
  }
  const planned = await planSession(db.sql, {
    ...times,
    captcha: captcha ?? false,
    coolOffMs,
    offers: [{ sku, quota, limit }],
  })
  const offer = { session: planned.session, sku }
  if (loaded === 'loaded') {
    await preheat({ sql: db.sql, gate }, offer.session)
    setInterval(() => gate.renew(offer, 1).catch(() => {}), 3000).unref() // As the supervisor does.
  }
  const path = `/v1/seckill/sessions/${offer.session}/offers/${offer.sku}`
  events.announceSession(offer.session)
  await vi.waitFor(async () => expect((await fetch(url + path)).status).toBe(200), { timeout: 10_000 })

  const urlOf = (to: string): string => (to.startsWith('/') ? url + to : to)
  const sale: Sale = {
    ...{ offer, path, opensAt: planned.opensAt, endsAt: planned.endsAt },
    async shopper() {
      const buyer = await harness.newBuyer()
      await db.sql`INSERT INTO users (id) VALUES (${buyer.id})`
      const answer = await buyer.api.v1.addresses.$post({ json: home })
      if (answer.status !== 201) throw new Error('the address was not taken')
      return { ...buyer, addressId: (await answer.json()).id as AddressId } // An address's id.
    },
    get: (who, to) => answered(fetch(urlOf(to), { headers: signedIn(who) })),
    post: (who, to, { body, headers = {} }) =>
      answered(
        fetch(urlOf(to), {
          method: 'POST',
          headers: { ...signedIn(who), 'content-type': 'application/json', ...headers },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
    async token(who) {
      const { status, body } = await sale.post(who, `${path}/token`, { body: {} })
      expect([status, body]).toEqual([201, { token: expect.any(String), expiresAt: expect.any(String) }])
      return String(body.token)
    },
    async join(who, request = {}) {
      const token = request.token ?? (await sale.token(who))
      return await sale.post(who, `${path}/tickets`, {
        body: { quantity: 1, addressId: who.addressId, ...request, token },
      })
    },
    async admitted(who) {
      const { status, body } = await sale.join(who)
      expect([status, body]).toEqual([
        202,
        { code: 0, ticket: expect.any(String), position: expect.any(Number) },
      ])
      return body.ticket as TicketId // What it was given.
    },
    mine: (who, ticket) => sale.get(who, `${path}/tickets/mine${ticket ? `?ticket=${ticket}` : ''}`),
    async stage() {
      const staged = await stage(db.sql, offer, await queue.read(offer, 'consumer', 100))
      await queue.acknowledge(offer, staged)
      for (const { ticket } of staged) events.announce(ticket)
    },
    async place(ticket) {
      expect(await placeInOneTransaction(db.sql, await flashOrder(db.sql, ticket), 'run')).toMatchObject({
        status: 'awaiting_payment',
      })
      events.announce(ticket)
    },
    async close(ticket, why) {
      await closeOrder(db.sql, ticket, why)
      events.announce(ticket)
    },
    async pay(ticket) {
      await db.sql.begin(async (tx) => {
        const also = tx`, pay_state = 'paid', paid_at = now()`
        await moveOrder(tx, { order: ticket, next: 'to_ship', why: 'paid', also })
        await payTicket(tx, ticket)
      })
      events.announce(ticket)
    },
  }
  return sale
}

const signedIn = (who: Buyer | undefined): Record<string, string> =>
  who ? { authorization: `Bearer ${who.token}` } : {}

async function answered(asked: Promise<Response>): Promise<Answer> {
  const answer = await asked
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : {} }
}
