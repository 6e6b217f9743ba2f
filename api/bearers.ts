import { createRemoteJWKSet, errors, importSPKI, type JWTPayload, jwtVerify } from 'jose'
import { isId, type UserId } from '../domain/ids.ts'

/** Whose token it is. `operator`: its claim `role` says so; that adds to what a buyer may do, and takes nothing away. */
export type Bearer = { id: UserId; operator: boolean }

/** Says whose token it is; undefined when it is not good (not ours, expired, not signed with RS256). */
export type Bearers = { whoIs(token: string): Promise<Bearer | undefined> }

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
 * (the last 100,000 verified), so that a busy buyer costs one signature.
 */
export function createBearers(keys: BearerKeys, { remember = 100_000, now = Date.now }: { remember?: number; now?: () => number } = {}): Bearers {
  const verify = verifier(keys)
  const known = new Map<string, { bearer: Bearer; until: number }>()

  return {
    async whoIs(token) {
      const seen = known.get(token)
      if (seen && seen.until > now()) return seen.bearer
      if (seen) known.delete(token)
      const payload = seen ? undefined : await verify(token, new Date(now()))
      const bearer = payload && bearerOf(payload)
      if (!bearer) return undefined
      known.set(token, { bearer, until: (payload.exp ?? 0) * 1000 })
      const oldest = known.size > remember ? known.keys().next().value : undefined
      if (oldest !== undefined) known.delete(oldest)
      return bearer
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

const bearerOf = ({ sub, role }: JWTPayload): Bearer | undefined =>
  sub !== undefined && isId(sub) ? { id: sub as UserId, operator: role === 'operator' } : undefined // Checked just before.
