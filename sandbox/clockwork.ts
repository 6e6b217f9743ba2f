/** How the sandbox keeps time. */
export type Clockwork = {
  /** Multiplies the documented pauses between notifications. */
  pauseFactor: number
  /** How long a notification waits for its acknowledgement, ms. */
  silenceMs: number
  /** How long a refund of WeChat's is PROCESSING, ms. */
  refundMs: number
  /** How long WeChat refuses another refund of the same trade, ms. */
  refundGapMs: number
  /** ms since 1970 */
  now: () => number
}
