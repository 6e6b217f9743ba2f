import type { Logger } from 'pino'
import { callsUsedUp, type PaymentProvider } from '../providers/provider.ts'
import type { ProviderRateLimit } from '../redis/provider-rate-limit.ts'

type Observed = { limit: ProviderRateLimit; log: Pick<Logger, 'warn'>; now?: () => number }
type Failure = { code: string; message?: string | undefined }
type About = Record<string, string>

/**
 * So many lines about the same error of the same call in a minute; the next line says how many were left out.
 */
const mostLines = 10

/**
 * The provider as all processes use it. Every call counts within the calls a second that it is given; one too
 * many is not made, and answers `unknown` with the code `CALLS_USED_UP`. What fails is logged here, once,
 * with the provider's code and words, and with the attempt, refund and order that it was about: whoever
 * called only learns that nothing is known.
 */
export function observedProvider(provider: PaymentProvider, { limit, log, now }: Observed): PaymentProvider {
  const { name } = provider
  const report = reporter(name, log, now)
  const allowed = (calls = 1) => limit(name, calls)
  return {
    ...provider,
    async open(request) {
      if (!(await allowed())) return { is: 'unknown', code: callsUsedUp }
      const opened = await provider.open(request)
      if (opened.is === 'refused' || opened.is === 'unknown')
        report('open', opened, { attempt: request.attempt, about: request.attach })
      return opened
    },
    async query(attempt, creation) {
      if (!(await allowed())) return notAsked
      const trade = await provider.query(attempt, creation)
      if (trade.is === 'unknown' && trade.error) report('query', trade.error, { attempt })
      return trade
    },
    async close(attempt, creation) {
      if (!(await allowed(2))) return notAsked // It closes, then asks.
      const trade = await provider.close(attempt, creation)
      if (trade.is === 'unknown' && trade.error) report('close', trade.error, { attempt })
      return trade
    },
    async refund(request) {
      if (!(await allowed())) return { is: 'unknown', code: callsUsedUp }
      const state = await provider.refund(request)
      if (state.is === 'unknown' || state.is === 'closed' || state.is === 'abnormal')
        report('refund', state, { attempt: request.attempt, refund: request.refund })
      return state
    },
    async queryRefund(refund, of) {
      if (!(await allowed())) return { is: 'unknown', code: callsUsedUp }
      const state = await provider.queryRefund(refund, of)
      if (state.is === 'unknown') report('queryRefund', state, { attempt: of.attempt, refund })
      return state
    },
  }
}

const notAsked = { is: 'unknown', state: callsUsedUp, retryAfterS: 1 } as const

/** Logs failures; of many alike, in an outage, only the first ones of each minute. */
function reporter(provider: string, log: Observed['log'], now = Date.now) {
  const minutes = new Map<string, { began: number; lines: number; leftOut: number }>()
  return (call: string, { code, message }: Failure, about: About): void => {
    const key = `${call} ${code}`
    const seen = minutes.get(key)
    const current = seen && now() - seen.began < 60_000 ? seen : { began: now(), lines: 0, leftOut: 0 }
    if (current.lines >= mostLines) {
      current.leftOut += 1
      return
    }
    const leftOut = current === seen ? 0 : (seen?.leftOut ?? 0)
    current.lines += 1
    if (minutes.size > 1000) minutes.clear()
    minutes.set(key, current)
    log.warn(
      { provider, call, code, ...(message && { message }), ...about, ...(leftOut > 0 && { leftOut }) },
      'a payment provider could not do what was asked',
    )
  }
}
