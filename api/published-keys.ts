import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

export type PublishedKeys = {
  /**
   * The key that a token names. @throws {KeysAway} when nobody can say, jose's `JWKSNoMatchingKey` when there
   * is none.
   */
  find: JWTVerifyGetKey
  /** Counts up whenever the set of keys has changed. */
  generation(): number
}

/**
 * The keys that verify tokens cannot be fetched, and those that are known do not decide. Nothing is known of
 * the token.
 */
export class KeysAway extends Error {
  constructor(cause: unknown) {
    super('the keys that verify tokens cannot be fetched', { cause })
    this.name = 'KeysAway'
  }
}

/**
 * Known keys are asked for again after this, beside the requests: a key that was withdrawn is good no longer.
 */
const freshMs = 300_000
/** Between two fetches at the least, whether they succeed or not, however many tokens name unknown keys. */
const pauseMs = 10_000
const patienceMs = 5000
const mostBytes = 512 * 1024

/**
 * The keys that a sign-in publishes (a JWK Set, RFC 7517, section 5). They are fetched when a token needs
 * them, and once for all who wait. While they cannot be fetched those that are known go on; nothing is
 * fetched a request.
 */
export function publishedKeys(url: string, now: () => number = Date.now): PublishedKeys {
  let known: { find: ReturnType<typeof createLocalJWKSet>; text: string } | undefined
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let generation = 0
  let underWay: Promise<void> | undefined

  const refresh = async (): Promise<void> => {
    try {
      const text = await fetchText(url)
      if (text !== known?.text) {
        // jose checks what it is.
        known = { find: createLocalJWKSet(JSON.parse(text) as JSONWebKeySet), text }
        generation += 1
      }
      fetchedAt = now()
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  /** Has the keys fetched, unless that was tried a moment ago. */
  const look = (): Promise<void> => {
    if (underWay === undefined && now() - triedAt >= pauseMs) {
      triedAt = now()
      underWay = refresh().finally(() => {
        underWay = undefined
      })
    }
    return underWay ?? Promise.resolve()
  }

  return {
    generation: () => generation,
    async find(header, token) {
      if (known === undefined) await look()
      else if (now() - fetchedAt >= freshMs) void look()
      try {
        if (known !== undefined) return await known.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        const before = generation
        await look()
        if (known !== undefined && generation !== before) return await known.find(header, token)
        if (failure === undefined) throw error
      }
      throw new KeysAway(failure)
    },
  }
}

async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  })
  if (answer.status !== 200) throw new Error(`the keys' address answers ${answer.status}`)
  const text = await answer.text()
  if (text.length > mostBytes) throw new Error('the published keys are larger than 512 KiB')
  return text
}
