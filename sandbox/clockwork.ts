/** How the stand-in keeps time. */
export type Clockwork = {
  /** Times the documented pauses between notifications. */
  pauseFactor: number
  /** How long a notification waits for its acknowledgement. */
  silenceMs: number
  /** How long a refund is under way. */
  refundMs: number
  now: () => number
}
