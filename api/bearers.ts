import { createRemoteJWKSet, errors, importSPKI, type JWTPayload, jwtVerify } from 'jose'
import { isId, type UserId } from '../domain/ids.ts'

/** Says whose token it is; undefined when it is not good (not ours, expired, not signed with RS256). */
export type Bearers = { buyerOf(token: string): Promise<UserId | undefined> }

export type BearerKeys = { publicKey: string } | { jwksUrl: string }

/** What jose says of a bad token. Everything else (keys that cannot be fetched, say) is a fault and no reason to call a buyer unknown. */
const bad = [
  errors.JWTExpired,
  errors.JWTInvalid,
  errors.JWTClaimValidationFailed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]

/**
 * Verifies bearers: RS256 alone, `exp` required, `sub` the user's id (a decimal snowflake). A verified token is remembered until it expires
 * (the last 10,000 used), so that a busy buyer costs one signature.
 */
export function createBearers(keys: BearerKeys, { remember = 10_000, now = Date.now }: { remember?: number; now?: () => number } = {}): Bearers {
  const verify = verifier(keys)
  const known = new Map<string, { buyer: UserId; until: number }>()

  return {
    async buyerOf(token) {
      const seen = known.get(token)
      if (seen) {
        known.delete(token)
        if (seen.until <= now()) return undefined
        known.set(token, seen)
        return seen.buyer
      }
      const payload = await verify(token, new Date(now()))
      const buyer = payload && subjectOf(payload)
      if (!buyer) return undefined
      known.set(token, { buyer, until: (payload.exp ?? 0) * 1000 })
      const oldest = known.size > remember ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
      return buyer
    },
  }
}

function verifier(keys: BearerKeys): (token: string, currentDate: Date) => Promise<JWTPayload | undefined> {
  const find = 'jwksUrl' in keys ? createRemoteJWKSet(new URL(keys.jwksUrl)) : ownKey(keys.publicKey)
  return async (token, currentDate) => {
    try {
      const { payload } = await jwtVerify(token, find, { algorithms: ['RS256'], requiredClaims: ['sub', 'exp'], currentDate })
      return payload
    } catch (error) {
      if (bad.some((kind) => error instanceof kind)) return undefined
      throw error
    }
  }
}

function ownKey(publicKey: string): () => ReturnType<typeof importSPKI> {
  const key = importSPKI(publicKey, 'RS256')
  key.catch(() => {}) // Told to whoever verifies.
  return () => key
}

const subjectOf = ({ sub }: JWTPayload): UserId | undefined => (sub !== undefined && isId(sub) ? (sub as UserId) : undefined) // Checked just before.
