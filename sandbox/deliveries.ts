import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import type { Notices } from './ledger.ts'

/** What a provider posts. `headers` are written anew for each try. */
export type Posting = { url: string; body: string; headers: () => Record<string, string>; tally: Notices }
/** How: `forged` puts a forger's in front of it, or in its place. */
export type Delivery = { twice?: boolean; delayMs?: number; forged?: 'alone' | 'first' | undefined }
type Author = 'provider' | 'forger'
type Options = {
  /** Between the tries, ms, as the provider documents them. */
  pauses: readonly number[]
  pauseFactor: number
  silenceMs: number
  /** Whether an answer is the provider's idea of "received". */
  taken(status: number, body: string): boolean
}

/** Posts notifications, again and again while the merchant does not take them or stays silent. */
export function deliveries({ pauses, pauseFactor, silenceMs, taken }: Options) {
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

  /** Whether the merchant took it in time. */
  const post = ({ url, body, headers }: Posting): Promise<boolean> =>
    new Promise((resolve) => {
      const tls = url.startsWith('https:')
      const signed = headers() // Before the clock runs: a forger's key may have to be made first.
      const call = (tls ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: tls ? agents.https : agents.http,
          signal: AbortSignal.timeout(silenceMs),
          headers: { 'Content-Length': Buffer.byteLength(body), ...signed },
        },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.once('error', () => resolve(false))
          answer.once('close', () =>
            resolve(answer.complete && taken(answer.statusCode ?? 0, Buffer.concat(chunks).toString())),
          )
        },
      )
      call.once('error', () => resolve(false))
      call.end(body)
    })

  const deliver = async (posting: Posting, attempt = 0): Promise<void> => {
    posting.tally.sent += 1
    if (await post(posting)) {
      posting.tally.acked += 1
      return
    }
    const pause = pauses[attempt]
    if (pause !== undefined) later(pause * pauseFactor, () => void deliver(posting, attempt + 1))
  }

  const forge = async (posting: Posting): Promise<void> => {
    posting.tally.forged += 1
    await post(posting)
  }

  return {
    /** Sent once, whatever is answered. */
    forge,
    /** Resolves when the first try is over, taken or not. */
    async send(
      write: (author: Author) => Posting,
      { twice = false, delayMs = 0, forged }: Delivery,
    ): Promise<void> {
      if (delayMs > 0) await new Promise<void>((resolve) => later(delayMs, resolve))
      if (forged !== undefined) await forge(write('forger'))
      if (forged === 'alone') return
      const posting = write('provider')
      await Promise.all(twice ? [deliver(posting), deliver(posting)] : [deliver(posting)])
    },
    stop(): void {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
