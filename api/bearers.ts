import { createRemoteJWKSet, errors, importSPKI, type JWTPayload, jwtVerify } from 'jose'
import { isId, type UserId } from '../domain/ids.ts'

/** Whose token it is. `operator`: its claim `role` says so; that adds to what a buyer may do, and takes nothing away. */
export type Bearer = { id: UserId; operator: boolean }

export type Bearers = {
  /** Whose token it is; undefined when it is not good (not ours, expired, not signed with RS256). */
  whoIs(token: string): Promise<Bearer | undefined>
  /** The same of a token that was verified before and has not expired since, at once. */
  known(token: string): Bearer | undefined
}

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
 * Verifies bearers: RS256 alone, `exp` required, `sub` the user's id (a decimal snowflake). A verified token is ttlCache until it expires
 * (the last 100,000 verified), so that a busy buyer costs one signature.
 */
export function createBearers(
  keys: BearerKeys,
  { remember = 100_000, now = Date.now }: { remember?: number; now?: () => number } = {},
): Bearers {
  const verify = verifier(keys)
  const verified = new Map<string, { bearer: Bearer; until: number }>()
  const known = (token: string): Bearer | undefined => {
    const seen = verified.get(token)
    return seen && seen.until > now() ? seen.bearer : undefined
  }

  return {
    known,
    async whoIs(token) {
      const before = known(token)
      if (before) return before
      verified.delete(token)
      const payload = await verify(token, new Date(now()))
      const bearer = payload && bearerOf(payload)
      if (!bearer) return undefined
      verified.set(token, { bearer, until: (payload.exp ?? 0) * 1000 })
      const oldest = verified.size > remember ? verified.keys().next().value : undefined
      if (oldest !== undefined) verified.delete(oldest)
      return bearer
    },
  }
}

function verifier(keys: BearerKeys): (token: string, currentDate: Date) => Promise<JWTPayload | undefined> {
  const find = 'jwksUrl' in keys ? createRemoteJWKSet(new URL(keys.jwksUrl)) : ownKey(keys.publicKey)
  return async (token, currentDate) => {
    try {
      const { payload } = await jwtVerify(token, find, {
        algorithms: ['RS256'],
        requiredClaims: ['sub', 'exp'],
        currentDate,
      })
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

const bearerOf = ({ sub, role }: JWTPayload): Bearer | undefined =>
  sub !== undefined && isId(sub) ? { id: sub as UserId, operator: role === 'operator' } : undefined // Checked just before.
