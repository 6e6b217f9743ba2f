import { describe, expect, it } from 'vitest'
import { addressInput } from '../../api/http/schemas/address.ts'
import { paymentRequest } from '../../api/http/schemas/payment.ts'
import { sessionInput } from '../../api/http/schemas/session.ts'

const home = {
  name: '张三',
  phone: '13800138000',
  province: '浙江',
  city: '杭州',
  district: '西湖',
  street: '1 号',
}
const wrongIn = (result: { error?: { issues: { path: PropertyKey[] }[] } | undefined }) =>
  result.error?.issues.map(({ path }) => path.join('.'))

describe('a text that people type', () => {
  it.each(['张三', 'José María', "D’Arcy-O'Neil", '👨‍👩‍👧 一家', 'שלום', '3'])('may be %s', (name) => {
    expect(addressInput.parse({ ...home, name }).name).toBe(name)
  })

  it.each([
    ['half of a surrogate pair', '张\ud800三'],
    ['a control character', 'a\u0007b'],
    ['a C1 control', 'a\u0085b'],
    ['a bidirectional override', 'a\u202eb'],
    ['a bidirectional isolate', 'a\u2066b'],
    ['zero-width characters alone', '\u200b\u200d\u2060'],
    ['marks alone', '\u0301'],
    ['spaces alone', ' \u3000\t'],
  ])('is refused with %s', (_, name) => {
    expect(wrongIn(addressInput.safeParse({ ...home, name }))).toEqual(['name'])
  })
})

describe('a phone number', () => {
  it.each(['13800138000', '138 0013 8000', '+86 138-0013-8000', '0571-88888888', '95588'])(
    'is %s',
    (phone) => {
      expect(addressInput.parse({ ...home, phone }).phone).toBe(phone)
    },
  )

  it.each(['+1 - - - - -', '12', '1234', '--------', '138  0013 8000', '1380013800a', '1'.repeat(21)])(
    'is not %s',
    (phone) => {
      expect(wrongIn(addressInput.safeParse({ ...home, phone }))).toEqual(['phone'])
    },
  )
})

describe('an openid', () => {
  it.each(['张三', 'a\ud800', 'a b', '', 'x'.repeat(129)])('is not %j', (openid) => {
    const wrong = wrongIn(paymentRequest.safeParse({ channel: 'wechat-v3-jsapi', openid }))
    expect(wrong).toContain('openid')
  })
})

describe('the times of a session', () => {
  const hour = 3_600_000
  const inHours = (n: number) => new Date(Date.now() + n * hour).toISOString()
  const plan = (times: object) =>
    wrongIn(sessionInput.safeParse({ opensAt: inHours(1), endsAt: inHours(2), ...times }))

  it('are taken with an offset', () => {
    expect(plan({})).toBeUndefined()
    expect(
      plan({ opensAt: '2099-01-01T00:00:00+08:00', endsAt: '2099-01-01T01:00:00+08:00' }),
    ).toBeUndefined()
  })

  it.each([
    'zzz',
    '',
    7,
    null,
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-12-12T10:00:00',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0050-01-01T00:00:00Z',
    '1999-12-31T23:59:59Z',
    '9999-12-31T23:59:59Z',
    '+010000-01-01T00:00:00Z',
  ])('are not %j, and the answer names which', (at) => {
    expect(plan({ endsAt: at })).toEqual(['endsAt'])
    expect(plan({ opensAt: at })).toEqual(['opensAt'])
    expect(plan({ opensAt: at, endsAt: at })).toEqual(['opensAt', 'endsAt'])
  })

  it('end after they begin, and not in the past', () => {
    expect(plan({ endsAt: inHours(0.5) })).toEqual(['endsAt'])
    expect(plan({ opensAt: '2020-01-01T00:00:00Z', endsAt: '2020-01-01T01:00:00Z' })).toEqual(['endsAt'])
  })
})
