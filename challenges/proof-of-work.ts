import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { OfferKey } from '../domain/flash-sale.ts'
import type { Challenge, Subject } from './challenge.ts'

type Options = {
  /** Signs challenges; the same in all API processes. */
  secret: Uint8Array
  /** The work: 2 to this power hashes on average, over all rounds. */
  difficulty: number
  /** Whether this is the first time that the challenge is solved. Rejects when Redis is away. */
  spend(offer: OfferKey, id: string, forMs: number): Promise<boolean>
  now?: () => number
}

/**
 * Several small searches instead of a large one: the time that a buyer needs varies by a quarter instead of
 * by the whole, so that nobody loses a sale by bad luck at hashing.
 */
const rounds = 16
const roundsBits = Math.log2(rounds)
/** How long a challenge can be solved: a slow phone needs some seconds. */
const lastsMs = 120_000

/**
 * A challenge of our own that needs no other party: a signed text for which nonces have to be found, so that
 * `SHA-256(<signature>.<round>.<nonce>)` begins with so many zero bits. It proves work, not a human: a token
 * costs a buyer a moment, and ten thousand accounts of one machine hours. Nothing is stored until it is
 * solved; verifying takes a signature, sixteen hashes and one call to Redis.
 */
export function proofOfWork({ secret, difficulty, spend, now = Date.now }: Options): Challenge {
  const bits = difficulty - roundsBits

  /** Bound to buyer and offer without naming them: who verifies knows both. */
  const sign = (text: string, { buyer, offer: { session, sku } }: Subject): string =>
    createHmac('sha256', secret)
      .update(`${text} ${buyer} ${session} ${sku}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url')

  return {
    issue(subject) {
      const expiresAt = now() + lastsMs
      const text = `${expiresAt}.${bits}.${randomBytes(9).toString('base64url')}`
      const challenge = `${text}.${sign(text, subject)}`
      return { kind: 'proof-of-work', challenge, rounds, bits, expiresAt }
    },

    async verify(subject, solution) {
      if (solution.kind !== 'proof-of-work') return 'failed'
      const found = /^((\d{1,16})\.(\d{1,2})\.[\w-]{12})\.([\w-]{22})$/.exec(solution.challenge)
      if (!found) return 'failed'
      const [, text = '', expiresAt = '', asked = '', signature = ''] = found
      const leftMs = Number(expiresAt) - now()
      if (leftMs <= 0 || !isSame(signature, sign(text, subject))) return 'failed'
      if (!isSolved(signature, Number(asked), solution.nonces)) return 'failed'
      return (await spend(subject.offer, signature, leftMs)) ? 'passed' : 'failed'
    },
  }
}

const isSame = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))

const isSolved = (signature: string, bits: number, nonces: readonly number[]): boolean =>
  nonces.length === rounds &&
  nonces.every((nonce, round) => {
    const hash = createHash('sha256').update(`${signature}.${round}.${nonce}`).digest()
    return hash.readUInt32BE() < 2 ** (32 - bits)
  })
