/**
 * Every answer to a buyer who joins or asks for a token, as an HTTP status: the only table of it; docs/api.md
 * shows the same.
 */
export const joinStatus = {
  admitted: 202,
  already_queued: 200,
  sold_out: 409,
  not_open: 409,
  ended: 410,
  already_bought: 409,
  over_limit: 409,
  bad_token: 403,
  cooling_off: 409,
  paused: 503,
  rate_limited: 429,
  captcha_required: 403,
  captcha_wrong: 403,
} as const

/** The number beside a success, as well-known clients expect it: 100 says "you are in the queue already". */
export const joinCode = { admitted: 0, already_queued: 100 } as const

/** The answers that are no success. */
export type JoinProblem = Exclude<keyof typeof joinStatus, keyof typeof joinCode>
