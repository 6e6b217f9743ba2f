import { type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { rfc3339 } from '../clock.ts'
import { type Delivery, deliveries, type Posting } from '../deliveries.ts'
import { forgersKey } from '../forger.ts'
import type { Notices } from '../ledger.ts'
import { type SignedHeaders, seal } from './signature.ts'

const second = 1000
const minute = 60 * second
/** 支付成功通知: again after 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, until it is acknowledged. */
export const pauses = [
  ...[
    15 * second,
    15 * second,
    30 * second,
    3 * minute,
    10 * minute,
    20 * minute,
    30 * minute,
    30 * minute,
    30 * minute,
  ],
  ...[60 * minute, 180 * minute, 180 * minute, 180 * minute, 360 * minute, 360 * minute],
]

export type Notice = {
  url: string
  event: string
  original: 'transaction' | 'refund'
  resource: object
  tally: Notices
}
type Options = {
  headers(body: string, key?: KeyObject): SignedHeaders
  apiKey: string
  pauseFactor: number
  silenceMs: number
}

/**
 * Posts encrypted, signed notifications, again and again while the merchant answers non-2xx or stays silent.
 */
export function notifier({ headers, apiKey, pauseFactor, silenceMs }: Options) {
  const key = Buffer.from(apiKey)
  const { send, forge, stop } = deliveries({
    pauses,
    pauseFactor,
    silenceMs,
    taken: (status) => Math.floor(status / 100) === 2,
  })

  const envelope = ({ event, original, resource }: Notice): string => {
    const nonce = randomBytes(6).toString('hex')
    return JSON.stringify({
      id: randomUUID(),
      create_time: rfc3339(Date.now()),
      event_type: event,
      resource_type: 'encrypt-resource',
      summary: event,
      resource: {
        algorithm: 'AEAD_AES_256_GCM',
        original_type: original,
        associated_data: original,
        nonce,
        ciphertext: seal(JSON.stringify(resource), { key, nonce, associated: original }),
      },
    })
  }

  /**
   * A whole, well-encrypted notification under WeChat's serial; a forger's is signed by a key that isn't
   * WeChat's.
   */
  const posting = (notice: Notice, author: 'provider' | 'forger'): Posting => {
    const body = envelope(notice)
    const signed = () => headers(body, author === 'forger' ? forgersKey() : undefined)
    return {
      url: notice.url,
      tally: notice.tally,
      body,
      headers: () => ({ 'Content-Type': 'application/json', ...signed() }),
    }
  }

  return {
    forge: (notice: Notice) => forge(posting(notice, 'forger')),
    send: (notice: Notice, delivery: Delivery) => send((author) => posting(notice, author), delivery),
    stop,
  }
}
export type Notifier = ReturnType<typeof notifier>
