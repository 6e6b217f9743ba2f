import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import {
  flashCoolOffMs,
  flashPayWithinMs,
  type SessionPhase,
  type TicketState,
  type TicketSync,
} from '../../domain/flash-sale.ts'
import { fen, id, moment } from './columns.ts'
import { skus, warehouses } from './goods.ts'

/**
 * A flash sale's time slot. `planned → running → ended`. `paused` and `shed_percent` are an operator's
 * brakes.
 */
export const sessions = pgTable(
  'sessions',
  {
    /** Its hour in Shanghai, e.g. `2019052614`. */
    id: text('id').primaryKey(),
    opensAt: moment('opens_at').notNull(),
    endsAt: moment('ends_at').notNull(),
    phase: text('phase').$type<SessionPhase>().notNull().default('planned'),
    paused: boolean('paused').notNull().default(false),
    /** So many of a hundred joins are refused before anything is decided. */
    shedPercent: smallint('shed_percent').notNull().default(0),
    /** From this moment on its gates answer `ended`, whatever their clocks say. */
    gatesClosedAt: moment('gates_closed_at'),
    /** How long its orders wait for their payment. */
    payWithinMs: integer('pay_within_ms').notNull(),
    /** How long a buyer who let a ticket go unpaid may not join its offer again; 0: not at all. */
    coolOffMs: integer('cool_off_ms').notNull().default(flashCoolOffMs),
    /** Whether a token costs a captcha. */
    captcha: boolean('captcha').notNull().default(false),
    /** What was sold, stored when it ended. */
    report: jsonb('report').$type<Record<string, unknown>>(),
    createdAt: moment('created_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
  },
  (t) => [
    index('sessions_by_end').on(t.endsAt),
    check('session_ends_after_it_opens', sql`${t.endsAt} > ${t.opensAt}`),
    check('session_cool_off_not_negative', sql`${t.coolOffMs} >= 0`),
    check('session_shed_is_a_percentage', sql`${t.shedPercent} BETWEEN 0 AND 100`),
  ],
)

/**
 * A SKU in a session. Its row is the lock under which pieces are counted; the constraints refuse to oversell
 * whatever the gate believes.
 */
export const offers = pgTable(
  'offers',
  {
    sessionId: text('session_id')
      .notNull()
      .references(() => sessions.id),
    skuId: id('sku_id')
      .notNull()
      .references(() => skus.id),
    warehouseId: integer('warehouse_id')
      .notNull()
      .references(() => warehouses.id),
    priceFen: fen('price_fen').notNull(),
    /** Pieces for sale; out of the warehouse from `preheated_at` on. */
    quota: integer('quota').notNull(),
    /** Pieces of tickets that are waiting, live or paid. */
    granted: integer('granted').notNull().default(0),
    /** Pieces that orders have taken. */
    sold: integer('sold').notNull().default(0),
    /** Pieces a buyer may have. */
    buyerLimit: integer('buyer_limit').notNull().default(1),
    /** Of the gate that may grant pieces; a gate of another epoch is not believed. */
    epoch: integer('epoch').notNull().default(0),
    /** The brakes of this offer alone; the session's count as well. */
    paused: boolean('paused').notNull().default(false),
    shedPercent: smallint('shed_percent').notNull().default(0),
    /**
     * Grows with each change of what the gate has to obey, so that an older one never replaces a newer one.
     */
    termsRevision: integer('terms_revision').notNull().default(0),
    preheatedAt: moment('preheated_at'),
    soldOutAt: moment('sold_out_at'),
    /** The session is over: what is given back from now on goes to the warehouse. */
    ended: boolean('ended').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.sessionId, t.skuId] }),
    check(
      'offer_never_oversold',
      sql`0 <= ${t.sold} AND ${t.sold} <= ${t.granted} AND ${t.granted} <= ${t.quota}`,
    ),
    check('offer_price_not_negative', sql`${t.priceFen} >= 0`),
    check('buyer_limit_in_range', sql`${t.buyerLimit} BETWEEN 1 AND 999`),
    check('offer_shed_is_a_percentage', sql`${t.shedPercent} BETWEEN 0 AND 100`),
  ],
)

/** A granted place in an offer's queue, staged. Its id is the id of the order that it becomes. */
export const tickets = pgTable(
  'tickets',
  {
    id: id('id').primaryKey(),
    sessionId: text('session_id').notNull(),
    skuId: id('sku_id').notNull(),
    buyerId: id('buyer_id').notNull(),
    addressId: id('address_id').notNull(),
    /** Pieces; fewer when some were refunded before shipping. */
    quantity: integer('quantity').notNull(),
    /** Its number in the offer's queue. */
    seq: integer('seq').notNull(),
    state: text('state').$type<TicketState>().notNull(),
    /** Why it was given back or refused. */
    reason: text('reason'),
    /** Given back unpaid: until then its buyer may not join the offer again. */
    coolUntil: moment('cool_until'),
    /** While it waits: when its order is started (again). */
    dueAt: moment('due_at').notNull().defaultNow(),
    tried: integer('tried').notNull().default(0),
    /** What the gate does not know yet, and the epoch under which it became true. */
    sync: text('sync').$type<TicketSync>(),
    syncEpoch: integer('sync_epoch').notNull().default(0),
    syncAt: moment('sync_at'),
    stagedAt: moment('staged_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
  },
  (t) => [
    index('tickets_of_buyer').on(t.buyerId, t.sessionId, t.skuId),
    index('tickets_of_offer').on(t.sessionId, t.skuId, t.state),
    index('tickets_to_start').on(t.dueAt).where(sql`${t.state} = 'waiting'`),
    index('tickets_given_back').on(t.sessionId, t.skuId).where(sql`${t.sync} = 'given_back'`),
    index('tickets_to_sync').on(t.syncAt).where(sql`${t.sync} IS NOT NULL`),
    index('tickets_not_synced').on(t.sessionId, t.skuId).where(sql`${t.sync} <> 'paid'`),
    index('tickets_waiting').on(t.sessionId, t.skuId, t.seq).where(sql`${t.state} = 'waiting'`),
    check('ticket_pieces_in_range', sql`${t.quantity} BETWEEN 1 AND 999`),
  ],
)

/** Changes of an offer's quota, each done once whoever repeats it. */
export const offerChanges = pgTable(
  'offer_changes',
  {
    sessionId: text('session_id').notNull(),
    skuId: id('sku_id').notNull(),
    change: text('change').notNull(),
    pieces: integer('pieces').notNull(),
    /** The offer's epoch under which the pieces were counted. */
    epoch: integer('epoch').notNull(),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.skuId, t.change] })],
)

/** The daily slots from which sessions are planned. */
export const slots = pgTable(
  'slots',
  {
    /** Minutes since midnight in Shanghai. */
    minute: integer('minute').primaryKey(),
    lastsMin: integer('lasts_min').notNull(),
    payWithinMs: integer('pay_within_ms').notNull().default(flashPayWithinMs),
    coolOffMs: integer('cool_off_ms').notNull().default(flashCoolOffMs),
    captcha: boolean('captcha').notNull().default(false),
  },
  (t) => [check('slot_within_a_day', sql`${t.minute} BETWEEN 0 AND 1439 AND ${t.lastsMin} > 0`)],
)

/** Work that one process at a time may do; one row an offer's gate. */
export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  leasedUntil: moment('leased_until').notNull(),
})
