import type { Challenge } from './challenge.ts'

/** What becomes of a solution for which there is no verdict: it passes, or its buyer has to try again. */
export type OnOutage = 'pass' | 'retry'

/**
 * Decides for a provider that is away. `pass`: a sale goes on without its check, kept up by the limits that
 * hold anyway (tokens a minute, one ticket a buyer); `retry`: nobody gets a token until it is back. Adapters
 * refuse a solution of another kind before they ask, so that nobody passes without having met the widget.
 */
export const onOutage = (challenge: Challenge, then: OnOutage): Challenge => ({
  issue: challenge.issue,
  async verify(subject, solution) {
    const verdict = await challenge.verify(subject, solution)
    return verdict === 'away' && then === 'pass' ? 'passed' : verdict
  },
})
