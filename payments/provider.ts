import type { OpenAnswer } from '../db/schema/index.ts'
import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import type { Fen } from '../domain/money.ts'

/** The three things that asking about a trade can mean for an order that wants to close. Unknown is not "no". */
export type TradeState = 'paid' | 'closed' | 'unknown'

/** What a provider said about one trade, after its signature was verified: facts to compare, never yet a decision. No personal data. */
export type TradeFacts = {
  provider: string
  /** The provider's own number of the transaction. */
  transaction: string
  attempt: AttemptNumber
  /** The provider's word, e.g. `SUCCESS`. */
  state: string
  amount: Fen
  currency: string
  merchant: string
  app: string
}

export type Trade = { is: 'paid'; facts: TradeFacts } | { is: 'closed'; state: string } | { is: 'unknown'; state: string }

/** All that creating a trade needs; stored before the call, so that a repeated call sends identical parameters. */
export type OpenRequest = {
  attempt: AttemptNumber
  amount: Fen
  currency: 'CNY'
  description: string
  /** When the provider itself stops taking money: the order's deadline. */
  expiresAt: Date
}

/**
 * `refused`: the provider surely has no trade and said why. `unknown`: no answer, or one that settles nothing; the trade may exist.
 * `paid`: the number is already paid; ask.
 */
export type Opened = { is: 'open'; answer: OpenAnswer } | { is: 'refused'; code: string } | { is: 'paid' } | { is: 'unknown'; code: string }

export type RefundRequest = { refund: RefundNumber; attempt: AttemptNumber; transaction: string; amount: Fen; captured: Fen; currency: 'CNY' }

/** `processing` and `unknown` are asked again; the others are the provider's final word. `missing`: it has no such refund. */
export type RefundState = { is: 'success' | 'closed' | 'abnormal' | 'processing' | 'missing' | 'unknown'; code: string }

/** A verified notification: of a payment, of a refund, or of something that we do not act on. */
export type Notified =
  | { is: 'payment'; facts: TradeFacts }
  | { is: 'refund'; refund: RefundNumber; state: RefundState }
  | { is: 'other'; type: string }

/** Why a notification is not believed; nothing of it is stored. */
export class NotificationRejected extends Error {
  readonly reason: 'signature' | 'timestamp' | 'serial' | 'body'
  constructor(reason: 'signature' | 'timestamp' | 'serial' | 'body') {
    super(`notification rejected: ${reason}`)
    this.name = 'NotificationRejected'
    this.reason = reason
  }
}

/**
 * One payment provider. No method throws for what the provider or the network does: that is `unknown`. Each call is bounded by `timeoutMs`.
 * `query` answers `closed` for "no such trade" only when the caller says that no creation is in flight.
 */
export interface PaymentProvider {
  readonly name: string
  readonly timeoutMs: number
  open(request: OpenRequest): Promise<Opened>
  query(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  /** Closes the trade so that no money can come, then asks: the answer is what asking found. */
  close(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  refund(request: RefundRequest): Promise<RefundState>
  queryRefund(refund: RefundNumber): Promise<RefundState>
  /** Verifies signature, age (±300 s) and serial, decrypts, and reads. Throws `NotificationRejected`. */
  parse(headers: Headers, body: string): Promise<Notified>
}
