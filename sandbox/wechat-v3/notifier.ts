import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import type { Notices } from '../ledger.ts'
import { type SignedHeaders, seal } from './signature.ts'

const second = 1000
const minute = 60 * second
/** 支付成功通知: again after 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, until it is acknowledged. */
export const pauses = [
  ...[15 * second, 15 * second, 30 * second, 3 * minute, 10 * minute, 20 * minute, 30 * minute, 30 * minute, 30 * minute],
  ...[60 * minute, 180 * minute, 180 * minute, 180 * minute, 360 * minute, 360 * minute],
]

export type Notice = { url: string; event: string; original: 'transaction' | 'refund'; resource: object; tally: Notices }
export type Delivery = { twice?: boolean; delayMs?: number; forged?: 'alone' | 'first' | undefined }
type Options = { headers(body: string, key?: KeyObject): SignedHeaders; apiKey: string; pauseFactor: number; silenceMs: number }

/** Posts encrypted, signed notifications, again and again while the merchant answers non-2xx or stays silent. */
export function notifier({ headers, apiKey, pauseFactor, silenceMs }: Options) {
  const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) }
  const key = Buffer.from(apiKey)
  const timers = new Set<NodeJS.Timeout>()
  let stopped = false
  let stranger: KeyObject | undefined

  const later = (ms: number, task: () => void): void => {
    if (stopped) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      task()
    }, ms)
    timers.add(timer)
  }

  /** Whether the merchant took it: any 2xx in time. */
  const post = (url: string, body: string, signed: SignedHeaders): Promise<boolean> =>
    new Promise((resolve) => {
      const tls = url.startsWith('https:')
      const call = (tls ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          agent: tls ? agents.https : agents.http,
          signal: AbortSignal.timeout(silenceMs),
          headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...signed },
        },
        (answer) => {
          answer.resume()
          answer.once('close', () => resolve(answer.complete && answer.statusCode !== undefined && Math.floor(answer.statusCode / 100) === 2))
        },
      )
      call.once('error', () => resolve(false))
      call.end(body)
    })

  const envelope = ({ event, original, resource }: Notice): string => {
    const nonce = randomBytes(6).toString('hex')
    return JSON.stringify({
      id: randomUUID(),
      create_time: new Date().toISOString(),
      event_type: event,
      resource_type: 'encrypt-resource',
      summary: event,
      resource: {
        algorithm: 'AEAD_AES_256_GCM',
        original_type: original,
        associated_data: original,
        nonce,
        ciphertext: seal(JSON.stringify(resource), key, nonce, original),
      },
    })
  }

  const deliver = async (notice: Notice, body: string, attempt = 0): Promise<void> => {
    notice.tally.sent += 1
    if (await post(notice.url, body, headers(body))) {
      notice.tally.acked += 1
      return
    }
    const pause = pauses[attempt]
    if (pause !== undefined) later(pause * pauseFactor, () => void deliver(notice, body, attempt + 1))
  }

  /** A whole, well-encrypted notification under WeChat's serial, signed by a key that isn't WeChat's. Sent once. */
  const forge = async (notice: Notice): Promise<void> => {
    stranger ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const body = envelope(notice)
    notice.tally.forged += 1
    await post(notice.url, body, headers(body, stranger))
  }

  return {
    forge,
    /** Resolves when the first try is over, taken or not. */
    async send(notice: Notice, { twice = false, delayMs = 0, forged }: Delivery): Promise<void> {
      if (delayMs > 0) await new Promise<void>((resolve) => later(delayMs, resolve))
      if (forged !== undefined) await forge(notice)
      if (forged === 'alone') return
      const body = envelope(notice)
      await Promise.all(twice ? [deliver(notice, body), deliver(notice, body)] : [deliver(notice, body)])
    },
    stop(): void {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}
export type Notifier = ReturnType<typeof notifier>
