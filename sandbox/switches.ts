import * as z from 'zod'

const operations = ['open', 'query', 'close', 'refund', 'queryRefund', 'bill'] as const
export type Operation = (typeof operations)[number]

const times = z.int().nonnegative()
const per = <T extends z.ZodType>(value: T) => z.partialRecord(z.enum(operations), value)

const fenText = z.string().regex(/^[1-9]\d*$/)
const billSchema = z.strictObject({
  /** There was no trade on that day. */
  none: z.boolean().optional(),
  /** It is still being made. */
  creating: z.boolean().optional(),
  /** The digest that is promised is another text's. */
  wrongHash: z.boolean().optional(),
  /** The last row and the sums are missing, and the digest is that of the rest. */
  cutShort: z.boolean().optional(),
  /** The connection breaks in the middle of the download. */
  breakOff: z.boolean().optional(),
  /** Rows that the gateway itself knows nothing of; with `refund`, a refund. */
  extraRows: z
    .array(
      z.strictObject({
        transaction: z.string(),
        trade: z.string(),
        fen: fenText,
        refund: z.string().optional(),
        refundState: z.string().optional(),
        merchant: z.string().optional(),
        name: z.string().optional(),
      }),
    )
    .optional(),
  /** Transactions and refund numbers that are left out. */
  dropRows: z.array(z.string()).optional(),
})
export type BillSwitches = z.infer<typeof billSchema>

/**
 * Every fault that the stand-in can play; what is not named is off. `times` counts down with each call that
 * it hits.
 */
export const switchesSchema = z.strictObject({
  /** Never notifies that a trade was paid. */
  noNotification: z.boolean().optional(),
  /** Posts the same notification twice, both at once. */
  notifyTwice: z.boolean().optional(),
  /** Waits before the first notification, ms. */
  notifyDelayMs: times.optional(),
  /** The buyer pays, and the notification has been delivered, before the creation is answered. */
  payBeforeAnswer: z.boolean().optional(),
  /** The buyer is charged this much instead (fen), and so say notification and query. */
  captureFen: fenText.optional(),
  /** A notification signed by somebody else's key: `alone` instead of the genuine one, `first` before it. */
  forgedNotification: z.enum(['alone', 'first']).optional(),
  /**
   * The next calls are refused, by default with 500 SYSTEM_ERROR; `unsigned` leaves out the signature, as a
   * proxy's error would.
   */
  fail: per(
    z.strictObject({
      times,
      status: z.int().min(400).max(599).optional(),
      code: z.string().optional(),
      /** What it says in words; `switched on` by default. */
      message: z.string().optional(),
      unsigned: z.boolean().optional(),
    }),
  ).optional(),
  /** Signs answers and notifications with the gateway's second key; for all trades only. */
  secondKey: z.boolean().optional(),
  /** Waits before acting, ms: a creation is in flight meanwhile, and nobody can see its trade. */
  slowMs: per(times).optional(),
  /** Acts, then breaks the connection. */
  loseAnswer: per(times).optional(),
  /** Acts, and signs the answer with somebody else's key. */
  forgedAnswer: per(times).optional(),
  /** The buyer pays just before a close is looked at, so that it is refused with ORDERPAID. */
  payBeforeClose: z.boolean().optional(),
  /** The buyer's payment succeeds on a closed or expired trade. */
  takeMoneyWhenClosed: z.boolean().optional(),
  /** The query answers this trade_state, whatever the trade's own is. */
  tradeState: z.string().optional(),
  /** How refunds end; SUCCESS by default. */
  refundEnds: z.enum(['SUCCESS', 'CLOSED', 'ABNORMAL']).optional(),
  /** What is wrong with the day's bills. */
  bill: billSchema.optional(),
})
export type Switches = z.infer<typeof switchesSchema>
/** A refusal that is switched on. */
export type Failure = { status: number; code: string; message: string; unsigned: boolean }
type Counted = 'loseAnswer' | 'forgedAnswer'

/**
 * Switches of one trade come before the global ones. Setting replaces what that scope had; `{}` turns all of
 * it off.
 */
export function switchboard() {
  let everywhere: Switches = {}
  const byTrade = new Map<string, Switches>()
  const scopes = (trade: string | undefined): Switches[] => [
    ...(trade === undefined ? [] : [byTrade.get(trade) ?? {}]),
    everywhere,
  ]

  return {
    set(switches: Switches, trade?: string): void {
      const own = structuredClone(switches)
      if (trade === undefined) everywhere = own
      else byTrade.set(trade, own)
    },
    get<K extends keyof Switches>(name: K, trade?: string): Switches[K] | undefined {
      return scopes(trade).find((scope) => scope[name] !== undefined)?.[name]
    },
    /** Whether this call is one of the counted ones, and counts it. */
    takes(name: Counted, operation: Operation, trade?: string): boolean {
      for (const scope of scopes(trade)) {
        const counts = scope[name]
        const left = counts?.[operation] ?? 0
        if (counts === undefined || left === 0) continue
        counts[operation] = left - 1
        return true
      }
      return false
    },
    /** The refusal that this call shall get, if one is due, and counts it. */
    failure(operation: Operation, trade?: string): Failure | undefined {
      for (const scope of scopes(trade)) {
        const failing = scope.fail?.[operation]
        if (failing === undefined || failing.times === 0) continue
        failing.times -= 1
        return {
          status: failing.status ?? 500,
          code: failing.code ?? 'SYSTEM_ERROR',
          message: failing.message ?? 'switched on',
          unsigned: failing.unsigned ?? false,
        }
      }
      return undefined
    },
  }
}
export type Switchboard = ReturnType<typeof switchboard>
