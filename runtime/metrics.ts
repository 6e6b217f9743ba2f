import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Seconds; from what Redis answers to what a buyer waits for at the most. */
const seconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Where all figures of this process are. */
export const registry = new Registry()
collectDefaultMetrics({ register: registry })
const registers = [registry]

/**
 * A request to the API; `route` as it was declared, so that ids make no series. Event streams are not in it.
 */
export const httpDuration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: seconds,
  registers,
})

export const httpStreams = new Gauge({
  name: 'http_event_streams',
  help: 'Server-sent event streams that are open',
  registers,
})

export const problemsTotal = new Counter({
  name: 'http_problems_total',
  help: 'Answers that were no success, by their code: joins that were refused, rate limits, faults',
  labelNames: ['code'] as const,
  registers,
})

/**
 * Joins of flash sales by what they were answered: `admitted`, `already_queued`, or the code of the refusal,
 * also where that came from this process's memory.
 */
export const joinsTotal = new Counter({
  name: 'flash_sale_joins_total',
  help: 'Joins of flash sales, by what the buyer was answered',
  labelNames: ['answer'] as const,
  registers,
})

/** Warnings and errors as they were logged, those included that were left out because they repeat. */
export const loggedTotal = new Counter({
  name: 'logged_total',
  help: 'Warnings and errors of this process',
  labelNames: ['level'] as const,
  registers,
})

/** `verdict`: `passed`, `failed` or `away`; what passes because the provider is away counts as passed. */
export const captchaAnswers = new Counter({
  name: 'captcha_answers_total',
  help: 'Solutions of captchas that buyers sent, by what became of them',
  labelNames: ['kind', 'verdict'] as const,
  registers,
})

/** `outcome`: `done`, `refused` (by the business), `failed` (a fault; it is retried). */
export const stepDuration = new Histogram({
  name: 'order_step_duration_seconds',
  help: 'Duration of activities, the steps of orders among them',
  labelNames: ['step', 'outcome'] as const,
  buckets: seconds,
  registers,
})

/** `outcome`: what the provider's answer was, or `failed`. */
export const providerCallDuration = new Histogram({
  name: 'payment_provider_call_duration_seconds',
  help: 'Duration of calls to payment providers',
  labelNames: ['provider', 'call', 'outcome'] as const,
  buckets: seconds,
  registers,
})

export type Metrics = { contentType: string; text(): Promise<string> }

/** All figures of this process, in Prometheus' text format. */
export const metrics: Metrics = { contentType: registry.contentType, text: () => registry.metrics() }

type Timed = { labels(labels: Record<string, string>): { observe(s: number): void } }

/** Where a call's time goes, and by which name its outcome. */
type Timing<T> = {
  histogram: Timed
  labels: Record<string, string>
  outcomeOf: (result: { value: T } | { error: unknown }) => string
}

/** Times a call and names its outcome; a rejection is passed on. */
export async function timed<T>(
  { histogram, labels, outcomeOf }: Timing<T>,
  call: () => Promise<T>,
): Promise<T> {
  const began = performance.now()
  const observe = (outcome: string) =>
    histogram.labels({ ...labels, outcome }).observe((performance.now() - began) / 1000)
  try {
    const value = await call()
    observe(outcomeOf({ value }))
    return value
  } catch (error) {
    observe(outcomeOf({ error }))
    throw error
  }
}
