import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigurationError } from '../../domain/configuration.ts'
import { entryOf, failed } from '../../providers/meaning.ts'
import { allOrNone, namingVariables, pem, publicVariables } from '../../providers/settings.ts'

const messageOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('a provider’s variables', () => {
  const shared = { PUBLIC_URL: 'https://shop.example' }

  it('are none when none of its own is set, whatever is shared', () => {
    expect(allOrNone('alipay', { ALIPAY_A: undefined, ALIPAY_B: undefined }, shared)).toBeUndefined()
  })

  it('are all of them when all are set', () => {
    expect(allOrNone('alipay', { ALIPAY_A: 'a', ALIPAY_B: 'b' }, shared)).toEqual({
      ...{ ALIPAY_A: 'a', ALIPAY_B: 'b' },
      ...shared,
    })
  })

  it('are refused when some are missing, own or shared, by name and with the way back', () => {
    const half = () => allOrNone('alipay', { ALIPAY_A: 'a', ALIPAY_B: undefined }, { PUBLIC_URL: undefined })
    expect(messageOf(half)).toBe(
      'alipay is half configured: set PUBLIC_URL, ALIPAY_B, or remove all ALIPAY_ variables',
    )
    const v3 = () => allOrNone('wechat-v3', { WECHAT_V3_A: 'a', WECHAT_V3_B: undefined }, {})
    expect(messageOf(v3)).toMatch(/set WECHAT_V3_B, or remove all WECHAT_V3_ variables$/)
  })

  it('are named in the place of an adapter’s fields, and of parts of them', () => {
    const names = { key: 'PAY_KEY', keys: 'PAY_KEYS', 'keys.2': 'PAY_KEY_2' }
    const wrong = () => {
      throw new Error('wrong:\n  key: is short\n  keys.1: is none\n  keys.2: is old\n  other: is odd')
    }
    expect(messageOf(() => namingVariables(names, wrong))).toBe(
      'wrong:\n  PAY_KEY: is short\n  PAY_KEYS: is none\n  PAY_KEY_2: is old\n  other: is odd',
    )
    expect(namingVariables(names, () => 'made')).toBe('made')
  })

  it('of keys are in PEM, and say which key they want', () => {
    expect(pem('private key').safeParse('-----BEGIN PRIVATE KEY-----').success).toBe(true)
    expect(pem('private key').safeParse(undefined).success).toBe(true)
    expect(pem('private key').safeParse('MIIEvQ').error?.issues[0]?.message).toBe(
      'a private key in PEM form, with its BEGIN and END lines',
    )
  })

  it('have one public address, where providers reach the shop', () => {
    const schema = z.object(publicVariables)
    expect(schema.parse({ PUBLIC_URL: 'https://shop.example' })).toEqual(shared)
    expect(schema.parse({})).toEqual({})
    expect(schema.safeParse({ PUBLIC_URL: 'shop' }).error?.issues[0]?.message).toMatch(
      /^where providers reach this API/,
    )
  })
})

describe('a table of meanings', () => {
  it('has its own entries, and none that every object inherits', () => {
    const table = { SUCCESS: 'paid' }
    expect(entryOf(table, 'SUCCESS')).toBe('paid')
    for (const key of ['CLOSED', 'constructor', 'toString', '__proto__'])
      expect(entryOf(table, key)).toBeUndefined()
  })

  it('is not asked when the call failed: unknown, with why', () => {
    expect(failed({ code: 'TIMEOUT', message: 'slow' })).toEqual({
      ...{ is: 'unknown', state: 'TIMEOUT', error: { code: 'TIMEOUT', message: 'slow' } },
    })
  })
})
