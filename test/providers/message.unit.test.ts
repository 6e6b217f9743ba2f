import { describe, expect, it } from 'vitest'
import { loggable } from '../../providers/message.ts'

describe('a provider’s explanation', () => {
  it.each([
    ['签名错误，请检查后再试', '签名错误，请检查后再试'],
    [' two\r\nlines\u2028here ', 'two lines here'],
    ['', undefined],
    [undefined, undefined],
    [42, undefined],
    ['订单 1234567890123456789 不存在', '订单 1234567890123456789 不存在'],
  ])('is one line: %j', (text, line) => {
    expect(loggable(text)).toBe(line)
  })

  it.each([
    ['payer oUpF8uMuAJO_M2pxb1Q9zNjWeS6o is not of this app', 'payer *** is not of this app'],
    ['buyer 13812345678 is blocked', 'buyer *** is blocked'],
    ['somebody@example.com', '***'],
    ['from 203.0.113.7, refused', 'from ***, refused'],
    ['from 2001:db8::17, refused', 'from ***, refused'],
  ])('names no buyer: %j', (text, line) => {
    expect(loggable(text)).toBe(line)
  })

  it('leaves out what must not be logged, and is not endless', () => {
    expect(loggable('no such user: alice', ['alice', undefined, ''])).toBe('no such user: ***')
    expect(loggable('长'.repeat(500))).toHaveLength(200)
  })
})
