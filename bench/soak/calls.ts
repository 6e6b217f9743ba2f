import { createPrivateKey } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { signIn } from '../../local/environment.ts'

/** An answer that decided something: no 429, no 5xx. */
export type Answer = { status: number; body: Record<string, unknown> }
export type Call = (
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  json?: object,
  key?: string,
) => Promise<Answer>

/** Nobody answered in time, however often it was asked. */
export class GaveUp extends Error {}

/** What the API has answered, by status, and how often nothing came. */
export type CallTally = { answers: Record<string, number>; broken: number; gaveUp: number }

const [patienceMs, answerMs] = [180_000, 20_000]

/**
 * Signs tokens, and calls the API as an app on a phone does: what got no answer, or one that says "later", is
 * asked again with the same words, as everything that may be asked twice is the same once.
 */
export function createCalls(url: string, privateKey: string) {
  const key = createPrivateKey(privateKey)
  const tally: CallTally = { answers: {}, broken: 0, gaveUp: 0 }
  const tokens = new Map<string, string>()

  const tokenOf = async (subject: string, role?: string): Promise<string> => {
    const name = `${role} ${subject}`
    const known = tokens.get(name)
    if (known) return known
    const token = await new SignJWT(role ? { role } : {})
      .setProtectedHeader({ alg: 'RS256' })
      .setSubject(subject)
      .setIssuedAt()
      .setIssuer(signIn.issuer)
      .setAudience(signIn.audience)
      .setExpirationTime('12h')
      .sign(key)
    tokens.set(name, token)
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
      return async (method, path, json, idempotencyKey) => {
        const headers = {
          authorization: `Bearer ${await tokenOf(subject, role)}`,
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
        throw new GaveUp(`${method} ${path}`)
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
