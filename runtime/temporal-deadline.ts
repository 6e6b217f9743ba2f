import type { Client } from '@temporalio/client'

/** Temporal has not answered in time, and its connection tries on. */
export class TemporalAway extends Error {
  override readonly name = 'TemporalAway'
}

/** A server that is there says itself that the deadline has passed: it has so long for that, ms. */
const graceMs = 500

/**
 * Calls Temporal until a moment (ms since 1970). The deadline of a call bounds one try of it alone: while the
 * server is away the native connection tries again for longer, so that the wait is ended here. The call may
 * still be done.
 * @throws an error that `isAway` knows, when there is no answer
 */
export async function byDeadline<T>(
  client: Pick<Client, 'withDeadline'>,
  deadline: number,
  call: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const away = new TemporalAway('Temporal does not answer')
    timer = setTimeout(reject, deadline - Date.now() + graceMs, away)
  })
  const answer = client.withDeadline(deadline, call)
  answer.catch(() => {}) // It may fail after nobody waits for it any more.
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
