import { CompactSign } from 'jose'
import { describe, expect, it } from 'vitest'
import { createQuoteTokens } from '../../api/quote-token.ts'
import type { Quote } from '../../domain/quote.ts'

const secret = '0123456789abcdef0123456789abcdef'
const about = {
  id: '7',
  buyer: '9',
  source: 'app',
  lines: [{ sku: '1', quantity: 2, unitPrice: '1999' }],
  rates: {},
} as unknown as Omit<Quote, 'expires'> // Ids are texts.

describe('a quote token', () => {
  it('says what was quoted, until it expires and after', async () => {
    let now = 1_000_000_000_500
    const tokens = createQuoteTokens({ secret, validS: 900, now: () => now })
    const { token, expiresAt } = await tokens.sign(about)
    expect(expiresAt).toEqual(new Date(1_000_000_900_000))
    expect(await tokens.verify(token)).toEqual({
      quote: { ...about, expires: 1_000_000_900 },
      expired: false,
    })
    now = 1_000_000_899_999
    expect((await tokens.verify(token)).expired).toBe(false)
    now = 1_000_000_900_000
    expect(await tokens.verify(token)).toMatchObject({ quote: about, expired: true })
  })

  it('is good at every process that shares the secret, and at no other', async () => {
    const { token } = await createQuoteTokens({ secret, validS: 900 }).sign(about)
    expect((await createQuoteTokens({ secret, validS: 1 }).verify(token)).expired).toBe(false)
    await expect(
      createQuoteTokens({ secret: `${secret}!`, validS: 900 }).verify(token),
    ).rejects.toMatchObject({ refusal: { code: 'quote_forged' } })
  })

  it('is nothing else that the secret signed', async () => {
    const key = new TextEncoder().encode(secret)
    const payload = new TextEncoder().encode(JSON.stringify({ ...about, expires: 9e9 }))
    const tokens = createQuoteTokens({ secret, validS: 900 })
    for (const header of [
      { alg: 'HS256' },
      { alg: 'HS256', typ: 'JWT' },
      { alg: 'HS512', typ: 'floodgate-quote' },
    ]) {
      const padded = header.alg === 'HS512' ? new TextEncoder().encode(secret.repeat(2)) : key
      const token = await new CompactSign(payload).setProtectedHeader(header).sign(padded)
      await expect(tokens.verify(token)).rejects.toMatchObject({ refusal: { code: 'quote_forged' } })
    }
  })

  it('needs a secret of 32 bytes', () => {
    expect(() => createQuoteTokens({ secret: secret.slice(1), validS: 900 })).toThrow('32 bytes')
  })
})
