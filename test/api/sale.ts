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
export type Told = { status: number; headers: Headers; body: Record<string, unknown> }
type Wish = { token?: string; quantity?: unknown; addressId?: string }

/** A flash sale's offer over HTTP, with what its consumer and workers would do, done by hand. */
export type Sale = {
  offer: OfferKey
  path: string
  opensAt: number
  endsAt: number
  shopper(): Promise<Shopper>
  ask(
    who: Buyer | undefined,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Told>
  /** A token; expects that one is given. */
  token(who: Buyer): Promise<string>
  /** Joins for one piece with a fresh token, unless told otherwise. */
  join(who: Shopper, wish?: Wish): Promise<Told>
  /** Joins as one who has to get in. */
  admitted(who: Shopper): Promise<TicketId>
  mine(who: Buyer, ticket?: string): Promise<Told>
  /** Moves what is queued into PostgreSQL. */
  stage(): Promise<void>
  /** Places a staged ticket's order. */
  place(ticket: TicketId): Promise<void>
  close(ticket: TicketId, why: ClosedWhy): Promise<void>
  pay(ticket: TicketId): Promise<void>
}

/**
 * Opens a sale of ten pieces, one for each buyer, that is on for an hour and has been for a second, unless
 * told otherwise.
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
    await preheat(db.sql, gate, offer.session)
    setInterval(() => gate.renew(offer, 1).catch(() => {}), 3000).unref() // As the supervisor does.
  }
  const path = `/v1/seckill/sessions/${offer.session}/offers/${offer.sku}`
  events.announceSession(offer.session)
  await vi.waitFor(async () => expect((await fetch(url + path)).status).toBe(200), { timeout: 10_000 })

  const sale: Sale = {
    ...{ offer, path, opensAt: planned.opensAt, endsAt: planned.endsAt },
    async shopper() {
      const buyer = await harness.newBuyer()
      await db.sql`INSERT INTO users (id) VALUES (${buyer.id})`
      const answer = await buyer.api.v1.addresses.$post({ json: home })
      if (answer.status !== 201) throw new Error('the address was not taken')
      return { ...buyer, addressId: (await answer.json()).id as AddressId } // An address's id.
    },
    async ask(who, method, to, body, headers = {}) {
      const answer = await fetch(to.startsWith('/') ? url + to : to, {
        method,
        headers: {
          ...(who ? { authorization: `Bearer ${who.token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : {} }
    },
    async token(who) {
      const { status, body } = await sale.ask(who, 'POST', `${path}/token`, {})
      expect([status, body]).toEqual([201, { token: expect.any(String), expiresAt: expect.any(String) }])
      return String(body.token)
    },
    async join(who, wish = {}) {
      const token = wish.token ?? (await sale.token(who))
      return await sale.ask(who, 'POST', `${path}/tickets`, {
        quantity: 1,
        addressId: who.addressId,
        ...wish,
        token,
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
    mine: (who, ticket) => sale.ask(who, 'GET', `${path}/tickets/mine${ticket ? `?ticket=${ticket}` : ''}`),
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
