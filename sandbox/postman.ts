import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Notices } from './ledger.ts'

/** A notification as it goes over the wire. */
export type Letter = { body: string; headers: Record<string, string> }
export type Delivery = { twice?: boolean; delayMs?: number; forged?: 'alone' | 'first' | undefined }

type Options<N> = {
  /** Writes a notice, once for all its deliveries; then signs it afresh for each, with the provider's key or with a stranger's. */
  write(notice: N): (hand: 'own' | 'stranger') => Letter
  /** Whether this answer says that the merchant has it. */
  taken(status: number, body: string): boolean
  /** Between one delivery and the next, ms, times `pauseFactor`. */
  pauses: readonly number[]
  pauseFactor: number
  /** How long a delivery waits for its answer. */
  silenceMs: number
}

/** Posts notifications, again and again while the merchant does not say that it has them, or stays silent. */
export function postman<N extends { url: string; tally: Notices }>({ write, taken, pauses, pauseFactor, silenceMs }: Options<N>) {
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) }
  const timers = new Set<NodeJS.Timeout>()
  let stopped = false

  const later = (ms: number, task: () => void): void => {
    if (stopped) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      task()
    }, ms)
    timers.add(timer)
  }

  const post = (url: string, { body, headers }: Letter): Promise<boolean> =>
    new Promise((resolve) => {
      const tls = url.startsWith('https:')
      const call = (tls ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: tls ? agents.https : agents.http,
          signal: AbortSignal.timeout(silenceMs),
          headers: { 'Content-Length': Buffer.byteLength(body), ...headers },
        },
        (answer) =>
          text(answer).then(
            (said) => resolve(answer.complete && taken(answer.statusCode ?? 0, said)),
            () => resolve(false),
          ),
      )
      call.once('error', () => resolve(false))
      call.end(body)
    })

  const deliver = async (notice: N, written: (hand: 'own') => Letter, attempt = 0): Promise<void> => {
    notice.tally.sent += 1
    if (await post(notice.url, written('own'))) {
      notice.tally.acked += 1
      return
    }
    const pause = pauses[attempt]
    if (pause !== undefined) later(pause * pauseFactor, () => void deliver(notice, written, attempt + 1))
  }

  /** A whole notification, under the provider's name and in a stranger's hand. Sent once. */
  const forge = async (notice: N): Promise<void> => {
    notice.tally.forged += 1
    await post(notice.url, write(notice)('stranger'))
  }

  return {
    forge,
    /** Resolves when the first try is over, taken or not. */
    async send(notice: N, { twice = false, delayMs = 0, forged }: Delivery): Promise<void> {
      if (delayMs > 0) await new Promise<void>((resolve) => later(delayMs, resolve))
      if (forged !== undefined) await forge(notice)
      if (forged === 'alone') return
      const written = write(notice)
      await Promise.all(twice ? [deliver(notice, written), deliver(notice, written)] : [deliver(notice, written)])
    },
    stop(): void {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
export type Postman<N extends { url: string }> = {
  send(notice: N, delivery: Delivery): Promise<void>
  forge(notice: N): Promise<void>
  stop(): void
}
