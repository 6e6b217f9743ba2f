import { hash } from 'node:crypto'
import type { UserId } from '../domain/ids.ts'
import type { Role } from './rights.ts'
import type { Standing } from './token-standing.ts'
import type { Claims, TokenVerifier } from './token-verifier.ts'

/** Whose token it is, and what it may do (api/rights.ts). */
export type Bearer = {
  id: UserId
  role: Role
  /** The shop has blocked this account: it may look, and change nothing. */
  blocked: boolean
}

export type Bearers = {
  /**
   * Whose token it is; undefined when it is not good: not ours, expired, withdrawn.
   * @throws {KeysAway} when the sign-in's keys cannot be fetched
   */
  whoIs(token: string): Promise<Bearer | undefined>
  /** The same of a token that was verified before and is still good, at once. */
  known(token: string): Bearer | undefined
}

export type BearerDeps = {
  verifier: TokenVerifier
  /** Our id of whom the token is about; one is made at first sight. */
  userOf(claims: Pick<Claims, 'issuer' | 'subject'>): Promise<UserId>
  standing: Standing
  /** Verified tokens that are kept, at the most. */
  remember?: number
  now?: () => number
}

type Verified = { id: UserId; claims: Claims; generation: number }

/**
 * Bearers of verified tokens. A token is verified once: kept are the last 100,000 that were used, each until
 * it expires, is withdrawn, or the keys change. The cache's key is a digest, so that an entry is small
 * however long the token.
 */
export function createBearers({
  verifier,
  userOf,
  standing,
  remember = 100_000,
  now = Date.now,
}: BearerDeps): Bearers {
  const verified = new Map<string, Verified>()

  const lookUp = (key: string): Bearer | undefined => {
    const entry = verified.get(key)
    if (entry === undefined) return undefined
    verified.delete(key)
    if (entry.claims.expiresAt <= now() || entry.generation !== verifier.generation()) return undefined
    verified.set(key, entry) // The last used are the last of a Map.
    return bearerOf(entry)
  }
  const bearerOf = ({ id, claims }: Verified): Bearer | undefined =>
    standing.isWithdrawn(id, claims) ? undefined : { id, role: claims.role, blocked: standing.isBlocked(id) }

  return {
    known: (token) => lookUp(keyOf(token)),
    async whoIs(token) {
      const key = keyOf(token)
      const before = lookUp(key)
      if (before) return before
      const claims = await verifier.verify(token, now())
      if (claims === undefined) return undefined
      const entry = { id: await userOf(claims), claims, generation: verifier.generation() }
      const bearer = bearerOf(entry)
      if (bearer === undefined) return undefined
      verified.set(key, entry)
      const oldest = verified.size > remember ? verified.keys().next().value : undefined
      if (oldest !== undefined) verified.delete(oldest)
      return bearer
    },
  }
}

const keyOf = (token: string): string => hash('sha256', token, 'base64')
