import { describe, expect, it } from 'vitest'
import { canonicalSerial, isPublicKeyId } from '../../providers/wechat-serial.ts'

describe('a serial has one form', () => {
  it.each([
    ['in lower case', '7132d72a03e93cdd'],
    ['with leading zeros', '00007132D72A03E93CDD'],
    ['with colons', '71:32:D7:2A:03:E9:3C:DD'],
    ['with blanks and line ends', ' 7132D72A 03E93CDD\n'],
  ])('written %s', (_, written) => {
    expect(canonicalSerial(written)).toBe('7132D72A03E93CDD')
  })

  it('in whole bytes: the leading zero of the first byte stays, others go', () => {
    expect(canonicalSerial('0A1B2C')).toBe('0A1B2C')
    expect(canonicalSerial('00A1B2')).toBe('A1B2')
    expect(canonicalSerial('A1B')).toBe('0A1B')
    expect(canonicalSerial('00000A1B')).toBe('0A1B')
  })

  it('and the id of a public key another: in upper case, zeros and all', () => {
    expect(canonicalSerial('pub_key_id_0119000001')).toBe('PUB_KEY_ID_0119000001')
    expect(isPublicKeyId('PUB_KEY_ID_0119000001')).toBe(true)
    expect(isPublicKeyId('7132D72A PUB_KEY_ID_')).toBe(false)
  })
})
