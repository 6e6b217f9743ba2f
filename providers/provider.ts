import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import type { Fen } from '../domain/money.ts'
import type { OpenAnswer } from '../domain/payment.ts'

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

/**
 * Why a call brought nothing to go by: the provider's error code and its own words, or the network's code. For the log, so without personal
 * data and without what was signed.
 * @public
 */
export type CallError = { code: string; message?: string }

/** The code of a call that was not made, because this second's calls to the provider are used up. @public */
export const callsUsedUp = 'CALLS_USED_UP'

/**
 * `retryAfterS`: asking or closing is of no use before (WeChat v2 closes nothing in a trade's first five minutes). `error`: the call
 * failed; without it the provider answered with a state that settles nothing yet.
 */
export type Trade =
  | { is: 'paid'; facts: TradeFacts }
  | { is: 'closed'; state: string }
  | { is: 'unknown'; state: string; retryAfterS?: number; error?: CallError }

/**
 * How a buyer pays at a provider: by scanning a QR text (`native`, `qr`), inside WeChat (`jsapi`), from a phone's browser (`h5`), or on the
 * provider's own page (`page`).
 */
export type PaymentProduct = 'native' | 'jsapi' | 'h5' | 'page' | 'qr' | 'wallet'

/** What a way of paying has to know of the buyer: kept while the attempt is open, for a repetition of its creation, and forgotten after. */
export type Payer = { openid?: string; ip?: string }

/** All that creating a trade needs; stored before the call, so that a repeated call sends identical parameters. */
export type OpenRequest = {
  attempt: AttemptNumber
  way: PaymentProduct
  amount: Fen
  currency: 'CNY'
  description: string
  /** Comes back in notifications and statements: `order:<id>`, for humans who look there. Nothing is routed by it. */
  attach: string
  payer: Payer
  /** When the provider itself stops taking money: the order's deadline, or `shortestExpiryMs` after the attempt was opened. */
  expiresAt: Date
}

/**
 * `open`: `goodForMs` is the answer's own lifetime by the provider's rules (none: as long as the trade); after it the creation is repeated.
 * `refused`: the provider surely has no trade and said why. `unknown`: no answer, or one that settles nothing; the trade may exist.
 * `paid`: the number is already paid; ask. `message`: the provider's own words, for the log.
 */
export type Opened =
  | { is: 'open'; answer: OpenAnswer; goodForMs?: number }
  | { is: 'refused'; code: string; message?: string }
  | { is: 'paid' }
  | { is: 'unknown'; code: string; message?: string }

export type RefundRequest = {
  refund: RefundNumber
  attempt: AttemptNumber
  transaction: string
  amount: Fen
  captured: Fen
  currency: 'CNY'
}

/**
 * `processing` and `unknown` are asked again; the others are the provider's final word. `missing`: it has no such refund. `message`: the
 * provider's own words, for the log.
 */
export type RefundState = {
  is: 'success' | 'closed' | 'abnormal' | 'processing' | 'missing' | 'unknown'
  code: string
  message?: string
}

/** What a provider documents about refunds of one trade; what breaks it is refused there. */
export type RefundRules = {
  /** Between two refunds of one trade, in ms. */
  pauseMs: number
  /** So many refunds a trade. */
  most?: number
  /** So long after the payment, in ms. */
  withinMs?: number
}

/** What a provider said about one refund. `refund` is our number as it names it; whether it is one of ours is for the reader to find out. */
export type RefundFacts = Omit<TradeFacts, 'transaction'> & { refund: RefundNumber; transaction: string }

/**
 * A verified notification: of a payment; of a trade that brings no money, or none yet (`progress`: a buyer who has begun, a trade that was
 * closed); of a refund; or of something that we do not act on.
 */
export type Notified =
  | { is: 'payment'; facts: TradeFacts }
  | { is: 'progress'; facts: TradeFacts }
  | { is: 'refund'; facts: RefundFacts }
  | { is: 'other'; type: string }

/** An answer to a notification, in the provider's own words. */
type Acknowledgement = {
  status: 200 | 204 | 401 | 500
  type?: 'application/json' | 'text/plain' | 'text/xml'
  body?: string
}

/** How a provider tells us things. */
export type Callbacks = {
  /** Where it posts: a path of this API. */
  path: string
  /** Verifies signature and age and whose it is, decrypts, and reads. Throws `NotificationRejected`. */
  read(headers: Headers, body: string): Promise<Notified>
  /** What it wants to hear: that we have it; that we do not believe it; that it should come again. */
  answers: { stored: Acknowledgement; refused: Acknowledgement; later: Acknowledgement }
}

/**
 * One row of a provider's statement (对账单): a payment that it took, or a refund. A refund that is `final` has arrived, unless it `failed`;
 * one that is not was under way when the statement was made.
 */
export type StatementRow =
  | { is: 'payment'; facts: TradeFacts }
  | { is: 'refund'; facts: RefundFacts; final: boolean; failed?: true }
  | { is: 'other'; what: string }

/** Why a statement is not believed: it is cut short, does not add up, is not ours, or has a form that is not known. */
export class StatementRejected extends Error {
  constructor(why: string) {
    super(`the statement ${why}`)
    this.name = 'StatementRejected'
  }
}

/** A day's statements of a provider, as it offers them for download. */
export type Statements = {
  /** `trade` is matched with our rows; the others are only kept. */
  kinds: readonly ('trade' | 'fund_flow')[]
  /** From which hour, in Shanghai, yesterday's can be had. */
  readyFromHour: number
  /**
   * The raw statement of a day (`YYYY-MM-DD`), as it was meant to be kept: unpacked, its digest verified when it has been read to the end
   * (the iteration throws when it is wrong). `none`: there was no trade on that day. Throws when the provider has no answer.
   */
  fetch(kind: 'trade' | 'fund_flow', date: string): Promise<AsyncIterable<Uint8Array> | 'none'>
  /** Reads a trade statement row by row; never holds more than a few of them. Throws `StatementRejected`. */
  rows(raw: AsyncIterable<Uint8Array>): AsyncIterable<StatementRow>
}

/** Why a notification is not believed; nothing of it is stored. */
export class NotificationRejected extends Error {
  readonly reason: 'signature' | 'timestamp' | 'serial' | 'body' | 'merchant'
  constructor(reason: 'signature' | 'timestamp' | 'serial' | 'body' | 'merchant') {
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
  /** What a buyer may choose here, by the API's name, and the way of paying that it is. */
  readonly channels: Readonly<Record<string, PaymentProduct>>
  readonly timeoutMs: number
  /** The shortest time to pay, in ms, that the provider accepts for a new trade; none: any. */
  readonly shortestExpiryMs?: number
  readonly refundRules?: RefundRules
  open(request: OpenRequest): Promise<Opened>
  query(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  /** Closes the trade so that no money can come, then asks: the answer is what asking found. */
  close(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  refund(request: RefundRequest): Promise<RefundState>
  queryRefund(refund: RefundNumber, of: Pick<RefundRequest, 'attempt' | 'transaction'>): Promise<RefundState>
  /** Who calls back; the wallet does not. */
  readonly callbacks?: Callbacks
  /** Who has statements. */
  readonly statements?: Statements
}
