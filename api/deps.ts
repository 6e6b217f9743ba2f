import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { AttemptNumber, Ids, OrderId, RefundNumber, UserId } from '../domain/ids.ts'
import type { Fen } from '../domain/money.ts'
import type { OpenAnswer } from '../domain/payment.ts'
import type { Choice, Quote } from '../domain/quote.ts'
import type { RefundChoice } from '../domain/refund.ts'
import type { Payer } from '../providers/provider.ts'
import type { AnonymousBounds, Carts, Challenge, Db, Gate, RateWindows } from '../runtime/container.ts'
import type { Health } from '../runtime/health.ts'
import type { Acted, ByOperator } from '../services/payments/refunds/failed.ts'
import type { Bearers } from './bearers.ts'
import type { TrustedProxies } from './client-address.ts'
import type { BuyerLimit } from './flash-sales/buyer-limits.ts'
import type { EarlyRefusals } from './flash-sales/early-refusals.ts'
import type { SessionOperations } from './flash-sales/operations.ts'
import type { SessionBook } from './flash-sales/session-book.ts'
import type { TicketStreams } from './flash-sales/ticket-streams.ts'
import type { TokenLimits } from './flash-sales/token-limits.ts'
import type { QuoteTokens } from './quote-token.ts'

/**
 * Places orders and cancels them. Throws `Refused` for what refuses them, `OrderUnknown` for an order that is
 * not this buyer's.
 */
export type Placing = {
  place(placement: {
    quote: Quote
    expired: boolean
    choice: Choice
  }): Promise<{ state: 'placed' | 'pending'; orderId: OrderId }>
  cancel(orderId: OrderId, buyer: UserId): Promise<void>
}

export type AttemptView = {
  number: AttemptNumber
  channel: string
  state: 'opening' | 'open' | 'paid' | 'closed' | 'failed'
  amount: Fen
  answer: OpenAnswer | null
  expiresAt: Date
}

/** Opens attempts to pay, or gives the open one again. Throws `Refused`, or `OrderUnknown`. */
export type Paying = {
  pay(orderId: OrderId, buyer: UserId, request: { channel: string; payer: Payer }): Promise<AttemptView>
}

/** Gives money back. Throws `Refused`. */
export type Refunding = {
  /** For an operator: `key` is the request's own, and the same one is the same refund. */
  refund(
    order: OrderId,
    request: {
      key: string
      choice?: RefundChoice | undefined
      reason: string
      restock?: boolean | undefined
      /** The operator's subject; stored with the refund. */
      askedBy: string
    },
  ): Promise<RefundNumber>
  /** For an operator: issues a refund that its provider could not make anew, under a number of its own. */
  reissue(action: ByOperator): Promise<Acted>
  /** For an operator: records that such a refund was paid by another way. */
  recordPaidByHand(action: ByOperator): Promise<Acted>
  /** For its buyer: all of a paid order that has not been shipped. */
  cancelPaidOrder(order: OrderId, buyer: UserId): Promise<void>
}

/** What flash sales need beside the rest. */
type SeckillDeps = {
  gate: Gate
  sessions: SessionBook
  earlyRefusals: EarlyRefusals
  /** Of joins, and of looks at one's tickets. */
  joinLimit: BuyerLimit
  lookLimit: BuyerLimit
  streams: TicketStreams
  /** What a token costs where the session wants a captcha. */
  challenge: Challenge
  tokenLimits: TokenLimits
  trustedProxies: TrustedProxies
  operations: SessionOperations
}

/** How api/rate-limits.ts counts. */
type RateLimiting = {
  windows: RateWindows
  /** Multiplies every limit; 0: there are none. */
  factor: number
  now?: () => number
}

/** All that the API needs of the world. */
export type ApiDeps = SeckillDeps & {
  db: Db
  carts: Carts
  /** How many carts one address may have that are nobody's yet, and how long each lives. */
  anonymousCarts: Omit<AnonymousBounds, 'address'>
  ids: Ids
  bearers: Bearers
  rateLimiting: RateLimiting
  /** Other origins whose pages may call. */
  allowedOrigins: readonly string[]
  quoteTokens: QuoteTokens
  placing: Placing
  paying: Paying
  refunding: Refunding
  /** What `/readyz` shows. */
  health: Pick<Health, 'readiness'>
  log: Logger
  /** Where payment providers post: exempt from the API's own rules, answers as the providers want. */
  notifyRoutes: Hono
}
