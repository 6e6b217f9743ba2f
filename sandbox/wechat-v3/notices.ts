import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import type { Notices } from '../ledger.ts'
import type { Letter } from '../postman.ts'
import type { Telling } from '../wechat/buyer.ts'
import type { Trade } from '../wechat/trades.ts'
import { type SignedHeaders, seal } from './signature.ts'
import { transactionJson } from './wire.ts'

export type Notice = { url: string; event: string; original: 'transaction' | 'refund'; resource: object; tally: Notices }
type Headers = (body: string, key?: KeyObject) => SignedHeaders

/** Writes encrypted notifications, signed as they are sent: by WeChat, or under its serial by a key that isn't WeChat's. */
export function noticeWriter(headers: Headers, apiKey: string): (notice: Notice) => (hand: 'own' | 'stranger') => Letter {
  let stranger: KeyObject | undefined
  return (notice) => {
    const body = envelope(notice, Buffer.from(apiKey))
    return (hand) => {
      if (hand === 'stranger') stranger ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
      return { body, headers: { 'Content-Type': 'application/json', ...headers(body, hand === 'stranger' ? stranger : undefined) } }
    }
  }
}

const envelope = ({ event, original, resource }: Notice, key: Buffer): string => {
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

const ofTrade = (trade: Trade, resource: object): Notice => ({
  url: trade.request.notify_url,
  event: 'TRANSACTION.SUCCESS',
  original: 'transaction',
  resource,
  tally: trade.notices,
})

/** 支付成功通知. */
export const telling: Telling<Notice> = {
  paid: (trade) => ofTrade(trade, transactionJson(trade)),
  claimed: (trade) => ofTrade(trade, { ...transactionJson(trade, 'SUCCESS'), transaction_id: '4200000000000000000000000000', trade_type: 'NATIVE' }),
}
