import { describe, expect, it } from 'vitest'
import type { SessionId, SkuId, UserId } from '../../../domain/ids.ts'
import { joinAnswerOf } from '../../../redis/gate/answers.ts'
import { keysOf } from '../../../redis/gate/keys.ts'
import { recordOf } from '../../../redis/gate/offer-load.ts'

describe('what the gate says of a join', () => {
  const said: [text: string, answer: object][] = [
    ['admitted:42:7', { answer: 'admitted', ticket: '42', position: 7 }],
    ['already_queued:42:0', { answer: 'already_queued', ticket: '42', position: 0 }],
    ['over_limit:2', { answer: 'over_limit', limit: 2 }],
    ['sold_out:0', { answer: 'sold_out', left: 0 }],
    ['cooling_off:1700000000000', { answer: 'cooling_off', until: 1_700_000_000_000 }],
    ['not_open:1700000000000', { answer: 'not_open', opensAt: 1_700_000_000_000 }],
  ]
  const words = ['already_bought', 'ended', 'bad_token', 'paused', 'missing']
  it.each([...said, ...words.map((answer) => [answer, { answer }] as const)])(
    'is read: %s',
    (text, answer) => {
      expect(joinAnswerOf(text)).toEqual(answer)
    },
  )

  it.each(['', 'admit', 'sold', 'ERR'])('is a fault when it is %j', (text) => {
    expect(() => joinAnswerOf(text)).toThrow(`the gate answered ${text}`)
  })
})

describe('the keys of an offer', () => {
  const keys = keysOf({ session: '2019052614' as SessionId, sku: '7' as SkuId }) // Any ids.

  it('share one hash tag, and are no other offer’s', () => {
    expect([keys.offer, keys.queue, keys.challenge('c'), keys.loading(3)]).toEqual([
      'seckill:{2019052614:7}:offer',
      'seckill:{2019052614:7}:queue',
      'seckill:{2019052614:7}:challenge:c',
      'seckill:{2019052614:7}:loading:3',
    ])
    expect(keys.token('5' as UserId, 't')).toBe('seckill:{2019052614:7}:token:5:t')
  })
})

describe('a ticket in a buyer’s record', () => {
  it('is its number, its pieces, its sequence, and whether it is paid', () => {
    const ticket = { ticket: '42', pieces: 2, seq: 9 }
    expect([true, false].map((paid) => recordOf({ ...ticket, paid }))).toEqual(['42:2:9:p', '42:2:9:l'])
  })
})
