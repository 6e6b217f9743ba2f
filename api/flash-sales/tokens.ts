import type { OfferKey } from '../../domain/flash-sale.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Challenge, Gate, Solution, Subject } from '../../runtime/container.ts'
import { limitKey } from '../client-address.ts'
import { Problem } from '../http/errors/problem.ts'
import { taskView } from '../http/views/captcha.ts'
import type { Away } from './gate-away.ts'
import { type SessionBook, saleState } from './session-book.ts'
import type { TokenLimits } from './token-limits.ts'

type TokenDeps = {
  gate: Gate
  sessions: SessionBook
  challenge: Challenge
  tokenLimits: TokenLimits
  away: Away
}
type Request = { buyer: UserId; address: string; captcha?: Solution | undefined }
export type AdmissionToken = { token: string; expiresAt: number }

/** Tokens are given from so long before the opening. */
export const tokensBeforeMs = 60_000

/**
 * A token that admits this buyer to this offer once.
 * @throws {Problem} rate_limited, not_open, ended, captcha_required, captcha_wrong; paused when the gate is
 * away, or whoever verifies captchas
 * @throws {Refused} session_unknown, offer_unknown
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
  if (session.captcha) await checkCaptcha(deps, { buyer, offer, address }, captcha)
  const token = await gate.issueToken(offer, buyer, opensAt).catch(away)
  if (token === 'away') throw new Problem('paused')
  return token
}

/** Wants a challenge solved, and issues the next one when it is not. */
async function checkCaptcha(
  { challenge, away }: TokenDeps,
  subject: Subject,
  solution: Solution | undefined,
): Promise<void> {
  const verdict = solution && (await challenge.verify(subject, solution).catch(away))
  if (verdict === 'passed') return
  if (verdict === 'away') throw new Problem('paused')
  const code = verdict === 'failed' ? 'captcha_wrong' : 'captcha_required'
  throw new Problem(code, { details: { captcha: taskView(challenge.issue(subject)) } })
}
