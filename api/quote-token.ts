import { CompactSign, compactVerify, errors } from 'jose'
import type { Quote } from '../domain/quote.ts'
import { refuse } from '../domain/refusals.ts'

const type = 'floodgate-quote'
const text = { encode: new TextEncoder(), decode: new TextDecoder() }

type VerifiedQuote = { quote: Quote; expired: boolean }

export type QuoteTokens = {
  /** Signs what a quote says, for as long as quotes are valid. */
  sign(quote: Omit<Quote, 'expires'>): Promise<{ token: string; expiresAt: Date }>
  /**
   * The quote of a token, whether it has expired or not: an order that it became answers for ever. Throws
   * `Refused` quote_forged.
   */
  verify(token: string): Promise<VerifiedQuote>
}

/**
 * Quote tokens: JWS with HS256 by a secret of 32 bytes or more that all API processes share, valid `validS`
 * seconds. The header's type keeps anything else that the secret may ever sign from being taken for a quote.
 */
export function createQuoteTokens({
  secret,
  validS,
  now = Date.now,
}: {
  secret: string
  validS: number
  now?: () => number
}): QuoteTokens {
  const bytes = text.encode.encode(secret)
  if (bytes.length < 32) throw new Error('the secret of quote tokens needs 32 bytes or more')
  const key = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])

  return {
    async sign(about) {
      const expires = Math.floor(now() / 1000) + validS
      const quote: Quote = { ...about, expires }
      const token = await new CompactSign(text.encode.encode(JSON.stringify(quote)))
        .setProtectedHeader({ alg: 'HS256', typ: type })
        .sign(await key)
      return { token, expiresAt: new Date(expires * 1000) }
    },

    async verify(token) {
      try {
        const { payload, protectedHeader } = await compactVerify(token, await key, { algorithms: ['HS256'] })
        if (protectedHeader.typ !== type) return refuse('quote_forged', {})
        const quote: Quote = JSON.parse(text.decode.decode(payload)) // Signed by us, as `sign` wrote it.
        return { quote, expired: quote.expires * 1000 <= now() }
      } catch (error) {
        if (error instanceof errors.JOSEError) return refuse('quote_forged', {})
        throw error
      }
    },
  }
}
