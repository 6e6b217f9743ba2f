import type { z } from 'zod'

/** The provider did not answer in time, or nothing that its documents describe. */
export const noVerdict = Symbol('no verdict')

type Call<S extends z.ZodType> = {
  url: string
  headers: Record<string, string>
  body: string
  schema: S
}

/** Asks a provider of challenges. */
export type Ask = {
  <S extends z.ZodType>(call: Call<S>): Promise<z.output<S> | typeof noVerdict>
  /** Notes that the provider gave no verdict, and why. */
  away(why: string): 'away'
}

type AskOptions = {
  /** Gets why there is no verdict, once a second at the most. */
  warn(why: string): void
  timeoutMs?: number
  now?: () => number
}

/** A buyer waits for it, at the moment of the rush. */
const usualTimeoutMs = 2000
/** After so many calls in a row without an answer nobody is asked for a while: no rush waits for it. */
const mostFailures = 5
const restMs = 5000

/** Posts to a provider with a time-out, and stops asking for a moment when it does not answer. */
export function createAsk({ warn, timeoutMs = usualTimeoutMs, now = Date.now }: AskOptions): Ask {
  let failures = 0
  let askAgainAt = 0
  let quietUntil = 0

  const away = (why: string): 'away' => {
    if (now() >= quietUntil) {
      quietUntil = now() + 1000
      warn(why)
    }
    return 'away'
  }

  const ask = async <S extends z.ZodType>({ url, headers, body, schema }: Call<S>) => {
    if (now() < askAgainAt) return noVerdict
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
      const read = schema.parse(await answer.json())
      failures = 0
      return read
    } catch (error) {
      failures++
      if (failures % mostFailures === 0) askAgainAt = now() + restMs
      away(error instanceof Error ? `${error.name}: ${error.message.slice(0, 200)}` : String(error))
      return noVerdict
    }
  }
  return Object.assign(ask, { away })
}
