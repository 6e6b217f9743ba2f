import type { AttemptNumber, RefundNumber } from '../domain/ids.ts'
import type { Fen } from '../domain/money.ts'
import type { OpenAnswer } from '../domain/payment.ts'

/** What asking about a trade can mean for an order that wants to close. Unknown is not "no". */
export type TradeState = 'paid' | 'closed' | 'unknown'

/**
 * What a provider said about one trade, its signature verified: facts to compare, not yet a decision. No
 * personal data.
 */
export type TradeFacts = {
  /** Our name of the provider, e.g. `wechat-v3`. */
  provider: string
  /** The provider's own number of the transaction. */
  transaction: string
  attempt: AttemptNumber
  /** The provider's state, e.g. `SUCCESS`. */
  state: string
  amount: Fen
  currency: string
  merchant: string
  app: string
}

/**
 * Why a call brought nothing that settles anything, for the log: the provider's error code and its own text
 * (one line, without personal data), or the network's code.
 */
export type CallError = { code: string; message?: string | undefined }

/** The code of a call that was not made, because this second's calls to the provider are used up. */
export const callsUsedUp = 'CALLS_USED_UP'

/**
 * `retryAfterS`: asking or closing again is useless before (WeChat v2 closes nothing in a trade's first five
 * minutes). `error`: the call failed; without it the provider answered with a state that settles nothing yet.
 */
export type Trade =
  | { is: 'paid'; facts: TradeFacts }
  | { is: 'closed'; state: string }
  | { is: 'unknown'; state: string; retryAfterS?: number; error?: CallError }

/**
 * How a buyer pays at a provider: by scanning a QR text (`native`, `qr`), inside WeChat (`jsapi`), from a
 * phone's browser (`h5`), or on the provider's own page (`page`).
 */
type PaymentProduct = 'native' | 'jsapi' | 'h5' | 'page' | 'qr' | 'wallet'

/**
 * What a payment product has to know of the buyer. Kept while the attempt is open, to repeat its creation,
 * and deleted afterwards.
 */
export type Payer = { openid?: string; ip?: string }

/**
 * All that creating a trade needs; stored before the call, so that a repeated call sends identical
 * parameters.
 */
export type OpenRequest = {
  attempt: AttemptNumber
  product: PaymentProduct
  amount: Fen
  currency: 'CNY'
  description: string
  /**
   * Comes back in notifications and statements: `order:<id>`, for people who look there. Nothing is routed by
   * it.
   */
  attach: string
  payer: Payer
  /**
   * When the provider itself stops taking money: the order's deadline, or `shortestExpiryMs` after the
   * attempt was opened.
   */
  expiresAt: Date
}

/**
 * `open`: `goodForMs` is the answer's own lifetime by the provider's rules (none: as long as the trade);
 * after it the creation is repeated. `refused`: the provider surely has no trade and said why. `unknown`: no
 * answer, or one that settles nothing; the trade may exist. `paid`: the number is already paid; ask.
 * `message`: the provider's own text, for the log.
 */
export type Opened =
  | { is: 'open'; answer: OpenAnswer; goodForMs?: number }
  | { is: 'refused'; code: string; message?: string | undefined }
  | { is: 'paid' }
  | { is: 'unknown'; code: string; message?: string | undefined }

export type RefundRequest = {
  refund: RefundNumber
  attempt: AttemptNumber
  transaction: string
  amount: Fen
  captured: Fen
  currency: 'CNY'
}

/**
 * `processing` and `unknown` are asked again; the others are the provider's final word. `missing`: it has no
 * such refund. `retryAfterS`: asking for this refund again is useless before (WeChat wants a minute between
 * two refunds of one trade).
 */
export type RefundState = {
  is: 'success' | 'closed' | 'abnormal' | 'processing' | 'missing' | 'unknown'
  code: string
  retryAfterS?: number
  /** The provider's own text, for the log. */
  message?: string | undefined
}

/** What a provider documents about refunds of one trade; what breaks these rules is refused there. */
export type RefundRules = {
  /** Between two refunds of one trade, ms. */
  pauseMs: number
  /** The most refunds a trade may have. */
  most?: number
  /** The longest time from the payment to a refund, ms. */
  withinMs?: number
}

/**
 * What a provider said about one refund. `refund` is our number as the provider names it; the reader finds
 * out whether it is ours.
 */
export type RefundFacts = TradeFacts & { refund: RefundNumber }

/**
 * A verified notification: of a payment; of a trade that brings no money, or none yet (`progress`: a buyer
 * who has begun, a trade that was closed); of a refund; or of something that we do not act on.
 */
export type Notified =
  | { is: 'payment'; facts: TradeFacts }
  | { is: 'progress'; facts: TradeFacts }
  | { is: 'refund'; facts: RefundFacts }
  | { is: 'other'; type: string }

/** An answer to a notification, in the provider's own format. */
type Acknowledgement = {
  status: 200 | 204 | 401 | 500
  type?: 'application/json' | 'text/plain' | 'text/xml'
  body?: string
}

/** A provider's notifications. */
export type Callbacks = {
  /** Where it posts: a path of this API. */
  path: string
  /**
   * Verifies signature, age and merchant, decrypts, and reads.
   * @throws {NotificationRejected}
   */
  read(headers: Headers, body: string): Promise<Notified>
  /** `stored`: we have it. `refused`: we do not believe it. `later`: send it again. */
  answers: { stored: Acknowledgement; refused: Acknowledgement; later: Acknowledgement }
}

/**
 * One row of a provider's statement (对账单): a payment that it took, or a refund. A `final` refund has arrived,
 * unless it `failed`; one that is not final was under way when the statement was made.
 */
export type StatementRow =
  | { is: 'payment'; facts: TradeFacts }
  | { is: 'refund'; facts: RefundFacts; final: boolean; failed?: true }
  | { is: 'other'; what: string }

/** Why a statement is not believed: it is cut short, does not add up, is not ours, or has an unknown form. */
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
  /** From which hour, in Shanghai, yesterday's can be downloaded. */
  readyFromHour: number
  /**
   * The raw statement of a day (`YYYY-MM-DD`), as it should be kept: unpacked, its digest verified when it
   * has been read to the end (the iteration throws when it is wrong). `none`: there was no trade on that day.
   * Throws when the provider has no answer.
   */
  fetch(kind: 'trade' | 'fund_flow', date: string): Promise<AsyncIterable<Uint8Array> | 'none'>
  /**
   * Reads a trade statement row by row; holds only a few of them at a time.
   * @throws {StatementRejected}
   */
  rows(raw: AsyncIterable<Uint8Array>): AsyncIterable<StatementRow>
}

type Rejection = 'signature' | 'timestamp' | 'serial' | 'body' | 'merchant'

/** Why a notification is not believed; nothing of it is stored. */
export class NotificationRejected extends Error {
  readonly reason: Rejection
  constructor(reason: Rejection) {
    super(`notification rejected: ${reason}`)
    this.name = 'NotificationRejected'
    this.reason = reason
  }
}

/**
 * One payment provider. No method throws for what the provider or the network does: that is `unknown`. Each
 * call is bounded by `timeoutMs`. `creation` says whether a call that creates the trade may still be under
 * way: "no such trade" is `closed` only when it is `settled`.
 */
export interface PaymentProvider {
  readonly name: string
  /** What a buyer may choose here: the API's channel, and the payment product that it is. */
  readonly channels: Readonly<Record<string, PaymentProduct>>
  readonly timeoutMs: number
  /** The shortest time to pay that the provider accepts for a new trade, ms; none: any. */
  readonly shortestExpiryMs?: number
  readonly refundRules?: RefundRules
  open(request: OpenRequest): Promise<Opened>
  query(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  /** Closes the trade so that no money can come, then asks: the answer is what asking found. */
  close(attempt: AttemptNumber, creation: 'in_flight' | 'settled'): Promise<Trade>
  refund(request: RefundRequest): Promise<RefundState>
  queryRefund(refund: RefundNumber, of: Pick<RefundRequest, 'attempt' | 'transaction'>): Promise<RefundState>
  /** Missing for the wallet, which sends no notifications. */
  readonly callbacks?: Callbacks
  /** Missing for the wallet, which has no statements. */
  readonly statements?: Statements
}
