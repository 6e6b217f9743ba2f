import { setTimeout as pause } from 'node:timers/promises'
import { tokenSigner } from '../../local/sign-in.ts'

/** An answer that decided something: no 429, no 5xx. */
export type Answer = { status: number; body: Record<string, unknown> }
/** `request`: method and path. `key`: the Idempotency-Key. */
export type Call = (request: string, json?: object, key?: string) => Promise<Answer>

/** Nobody answered in time, however often it was asked. */
export class GaveUp extends Error {}

/** What the API has answered, by status, and how often nothing came. */
type CallTally = { answers: Record<string, number>; broken: number; gaveUp: number }

/** How long a token is used: it lives for two. */
const tokenMs = 3_600_000
const [patienceMs, answerMs] = [180_000, 20_000]

/**
 * Signs tokens, and calls the API as an app on a phone does: what got no answer, or one that says "later", is
 * asked again with the same words, as everything that may be asked twice is the same once.
 */
export function createCalls(url: string, privateKey: string) {
  const sign = tokenSigner(privateKey)
  const tally: CallTally = { answers: {}, broken: 0, gaveUp: 0 }
  const tokens = new Map<string, { token: string; until: number }>()

  const tokenOf = (subject: string, role?: string): string => {
    const name = `${role} ${subject}`
    const known = tokens.get(name)
    if (known && Date.now() < known.until) return known.token
    const token = sign(subject, role ? { role } : {})
    tokens.set(name, { token, until: Date.now() + tokenMs })
    return token
  }

  const once = async (path: string, init: RequestInit): Promise<Answer & { afterS: number }> => {
    const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(answerMs) })
    const text = await answer.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> // The API answers objects.
    const name = answer.ok ? String(answer.status) : `${answer.status} ${body.code}`
    tally.answers[name] = (tally.answers[name] ?? 0) + 1
    return { status: answer.status, body, afterS: Number(answer.headers.get('retry-after') ?? 0) }
  }

  return {
    tally,
    /** How this subject calls. */
    as(subject: string, role?: string): Call {
      return async (request, json, idempotencyKey) => {
        const [method = '', path = ''] = request.split(' ')
        const headers = {
          authorization: `Bearer ${tokenOf(subject, role)}`,
          ...(json && { 'content-type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        }
        const init = { method, headers, ...(json && { body: JSON.stringify(json) }) }
        let wait = 300
        for (const until = Date.now() + patienceMs; Date.now() < until; await pause(wait)) {
          const answer = await once(path, init).catch(() => undefined)
          if (answer === undefined) tally.broken += 1
          else if (isFinal(answer, path)) return answer
          wait = Math.min(4000, Math.max(wait * 1.5, (answer?.afterS ?? 0) * 1000))
        }
        tally.gaveUp += 1
        throw new GaveUp(request)
      }
    },
  }
}

/**
 * Whether asking again would change nothing. An order that was refused as `unavailable` stays refused: its
 * buyer needs another quote.
 */
function isFinal({ status, body }: Answer, path: string): boolean {
  if (status >= 500) return path === '/v1/orders' && body.code === 'unavailable'
  return status !== 429 && status !== 408
}
export type Calls = ReturnType<typeof createCalls>
