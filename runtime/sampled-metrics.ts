import { Counter, Gauge } from 'prom-client'
import { registry } from './metrics.ts'

/** How the figures of a store are read. */
type Sampling = {
  /** How long what was read is good, ms: however many ask, a store is asked no more often. */
  everyMs?: number
  /** A look that failed: it leaves what was read before, so that a server that is away hides no other one. */
  warn?: (error: unknown) => void
}

type Described = { name: string; help: string; labels?: readonly string[] }
type Sample = { labels?: Record<string, string>; value: number }

const registers = [registry]

/**
 * Gauges of what stores hold, read when somebody asks for the figures; each look's values replace those of
 * the one before.
 */
export function sampleGauges(
  gauges: readonly Described[],
  read: () => Promise<Record<string, readonly Sample[]>>,
  sampling: Sampling = {},
): void {
  const look = sampled(async () => {
    const samples = await read()
    for (const [name, gauge] of made) {
      gauge.reset()
      for (const { labels = {}, value } of samples[name] ?? []) gauge.set(labels, value)
    }
  }, sampling)
  const made = new Map(gauges.map((gauge) => [gauge.name, new Gauge(declared(gauge, look))]))
}

/** A counter of what happened in a store; each look answers by how much it has grown since the last one. */
export function sampleCounter(
  counter: Described,
  grown: () => Promise<readonly Sample[]>,
  sampling: Sampling = {},
): void {
  const look = sampled(async () => {
    for (const { labels = {}, value } of await grown()) made.inc(labels, value)
  }, sampling)
  const made = new Counter(declared(counter, look))
}

/** A metric of the same name that was declared before is replaced. */
function declared({ name, help, labels = [] }: Described, collect: () => Promise<void>) {
  registry.removeSingleMetric(name)
  return { name, help, labelNames: [...labels], registers, collect }
}

/** One look at a time: who asks meanwhile waits for it, who asks soon after gets what it found. */
function sampled(look: () => Promise<void>, { everyMs = 10_000, warn }: Sampling): () => Promise<void> {
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  return () => {
    if (performance.now() - lookedAt < everyMs) return looking ?? Promise.resolve()
    lookedAt = performance.now()
    looking = look()
      .catch((error) => warn?.(error))
      .finally(() => {
        looking = undefined
      })
    return looking
  }
}
