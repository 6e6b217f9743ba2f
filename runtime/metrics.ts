import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Seconds; from what Redis answers to what a buyer waits for at the most. */
const seconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const registry = new Registry()
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

/** A set of labelled values that replace those of the last look. */
type Sample = { labels?: Record<string, string>; value: number }
type SampledGauge = { name: string; help: string; labels?: readonly string[] }

/**
 * Gauges of what stores hold, read when somebody asks for the figures and then not for `everyMs`. A look that
 * fails leaves the last one, so that a server that is away does not hide the other figures.
 */
export function sampleGauges(
  gauges: readonly SampledGauge[],
  read: () => Promise<Record<string, readonly Sample[]>>,
  { everyMs = 10_000, warn = (_error: unknown) => {} } = {},
): void {
  let readAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  const made = new Map(
    gauges.map(({ name, help, labels = [] }) => {
      registry.removeSingleMetric(name)
      return [name, new Gauge({ name, help, labelNames: [...labels], registers, collect: () => look() })]
    }),
  )
  const look = (): Promise<void> => {
    if (performance.now() - readAt < everyMs) return looking ?? Promise.resolve()
    readAt = performance.now()
    looking = read()
      .then((samples) => {
        for (const [name, gauge] of made) {
          gauge.reset()
          for (const { labels = {}, value } of samples[name] ?? []) gauge.set(labels, value)
        }
      })
      .catch(warn)
      .finally(() => {
        looking = undefined
      })
    return looking
  }
}

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
