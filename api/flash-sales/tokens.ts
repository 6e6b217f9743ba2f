import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Gate } from '../../runtime/container.ts'
import { limitKey } from '../client-address.ts'
import { Problem } from '../http/errors/problem.ts'
import type { Captchas } from './captchas.ts'
import type { Away } from './gate-away.ts'
import { type SessionBook, saleState } from './session-book.ts'
import type { TokenLimits } from './token-limits.ts'

type TokenDeps = {
  gate: Gate
  sessions: SessionBook
  captchas: Captchas
  tokenLimits: TokenLimits
  away: Away
}
type Request = { buyer: UserId; address: string; captcha?: { id: string; answer: string } | undefined }
export type AdmissionToken = { token: string; expiresAt: number }

/** Tokens are given from so long before the opening. */
export const tokensBeforeMs = 60_000

/**
 * A token that admits this buyer to this offer once. Throws the problems `rate_limited`, `not_open`, `ended`,
 * `captcha_required`, `captcha_wrong`, and `paused` when the gate is away; refuses `session_unknown`,
 * `offer_unknown`.
 */
export async function issueToken(
  deps: TokenDeps,
  offer: OfferKey,
  { buyer, address, captcha }: Request,
): Promise<AdmissionToken> {
  const { gate, sessions, tokenLimits, away } = deps
  const retryAfterS = await tokenLimits.waitS(buyer, limitKey(address))
  if (retryAfterS !== undefined) throw new Problem('rate_limited', { retryAfterS })
  const { session } = await sessions.offer(offer)
  const opensAt = session.opensAt.getTime()
  if (saleState(session) === 'ended') throw new Problem('ended')
  if (Date.now() < opensAt - tokensBeforeMs)
    throw new Problem('not_open', { details: { opensAt: session.opensAt.toISOString() } })
  if (session.captcha) await checkCaptcha(deps, offer, buyer, captcha)
  const token = await gate.issueToken(offer, buyer, opensAt).catch(away)
  if (token === 'away') throw new Problem('paused')
  return token
}

/** Wants the buyer's picture read, and shows one when it is not. */
async function checkCaptcha(
  { captchas, away }: TokenDeps,
  offer: OfferKey,
  buyer: UserId,
  captcha: Request['captcha'],
): Promise<void> {
  const right = captcha !== undefined && (await captchas.solve(offer, buyer, captcha).catch(away))
  if (right === true) return
  const next = right === 'away' ? right : await captchas.make(offer, buyer).catch(away)
  if (next === 'away') throw new Problem('paused')
  throw new Problem(captcha ? 'captcha_wrong' : 'captcha_required', { details: { captcha: next } })
}
