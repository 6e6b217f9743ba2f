import { createPublicKey } from 'node:crypto'
import { errors, importSPKI, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { type PublishedKeys, publishedKeys } from './published-keys.ts'
import { type Role, roleOf } from './rights.ts'

/** What a verified token says. Moments in ms since 1970. */
export type Claims = {
  issuer: string
  /** Any text of 1 to 255 characters; whose id that is, `services/buyers/identities` says. */
  subject: string
  role: Role
  /** The token's own id, if it has one: it can be withdrawn by it. */
  jti: string | undefined
  /** When it was issued; 0 where it does not say so. */
  issuedAt: number
  expiresAt: number
}

export type TokenRules = {
  key: { publicKey: string } | { jwksUrl: string }
  issuer: string
  audience: readonly string[]
  /** The longest life of a token that is believed, s. */
  maxLifeS: number
}

export type TokenVerifier = {
  /** What a token says; undefined when it is not good. @throws {KeysAway} when the keys cannot be fetched. */
  verify(token: string, now: number): Promise<Claims | undefined>
  /** Counts up whenever the set of keys has changed: what was verified before has to be verified again. */
  generation(): number
}

/** Longer than any token of a usual sign-in, shorter than Node's bound for all headers (16 KiB). */
const mostCharacters = 8192
/** The algorithms that are believed. Never `none`, never one with a shared secret. */
const algorithms = ['RS256', 'ES256', 'EdDSA']
const clockSkewS = 60
const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** What jose says of a bad token. Everything else (keys that cannot be fetched, say) is a fault. */
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
 * Verifies access tokens: JWS with RS256, ES256 or EdDSA, by the configured issuer, for the configured
 * audience, with an end (`exp`) that is no further away than the longest life. RFC 9068, "Validating JWT
 * Access Tokens": https://www.rfc-editor.org/rfc/rfc9068#name-validating-jwt-access-token
 */
export function createTokenVerifier({ key, issuer, audience, maxLifeS }: TokenRules): TokenVerifier {
  const keys: PublishedKeys = 'jwksUrl' in key ? publishedKeys(key.jwksUrl) : configuredKey(key.publicKey)
  return {
    generation: keys.generation,
    async verify(token, now) {
      if (!isCanonical(token)) return undefined
      try {
        const { payload } = await jwtVerify(token, keys.find, {
          algorithms,
          issuer,
          audience: [...audience],
          requiredClaims: ['sub', 'exp'],
          currentDate: new Date(now),
        })
        return claimsOf(payload, { issuer, maxLifeS, nowS: now / 1000 })
      } catch (error) {
        if (bad.some((kind) => error instanceof kind)) return undefined
        throw error
      }
    },
  }
}

/**
 * Whether a text is written as a signer writes it: base64url without padding, white space or spare bits.
 * Other spellings of the same token would verify too, and fill what counts tokens by their text.
 */
function isCanonical(token: string): boolean {
  if (token.length > mostCharacters || !compact.test(token)) return false
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

function configuredKey(pem: string): PublishedKeys {
  const alg = algorithmOf(pem)
  const key = alg === undefined ? undefined : importSPKI(pem, alg)
  key?.catch(() => {}) // Thrown to whoever verifies.
  const find: JWTVerifyGetKey = async ({ alg: wanted }) => {
    if (key === undefined || wanted !== alg) throw new errors.JOSEAlgNotAllowed('another algorithm')
    return key
  }
  return { find, generation: () => 0 }
}

/** The algorithm that a public key in PEM form verifies; undefined for a key that none of ours fits. */
export function algorithmOf(pem: string): 'RS256' | 'ES256' | 'EdDSA' | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem)
    if (asymmetricKeyType === 'rsa') return 'RS256'
    if (asymmetricKeyType === 'ed25519') return 'EdDSA'
    return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
  } catch {
    return undefined
  }
}

/**
 * Text that PostgreSQL can hold and a person can read: no control characters, no halves of surrogate pairs.
 */
const subjectText = /^[^\p{Cc}\p{Cs}]{1,255}$/u

function claimsOf(
  payload: JWTPayload,
  { issuer, maxLifeS, nowS }: { issuer: string; maxLifeS: number; nowS: number },
): Claims | undefined {
  const { sub, exp = 0, iat, jti, role }: Record<keyof JWTPayload, unknown> & JWTPayload = payload
  const issuedAt = iat ?? 0
  if (typeof sub !== 'string' || !subjectText.test(sub)) return undefined
  if (exp > nowS + maxLifeS || issuedAt > nowS + clockSkewS) return undefined
  if (iat !== undefined && exp - iat > maxLifeS) return undefined
  return {
    issuer,
    subject: sub,
    role: roleOf(role),
    jti: typeof jti === 'string' ? jti : undefined,
    issuedAt: issuedAt * 1000,
    expiresAt: exp * 1000,
  }
}
