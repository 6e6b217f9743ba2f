import { type Logger, pino } from 'pino'
import { faultOf } from './fault.ts'
import { loggedTotal } from './metrics.ts'

/**
 * What a log never shows, at whatever depth: a person's data, secrets, and what drivers add to their errors.
 */
const hidden = new Set([
  ...[
    'name',
    'phone',
    'address',
    'street',
    'district',
    'city',
    'province',
    'postCode',
    'note',
    'openid',
    'payer',
  ],
  ...['token', 'authorization', 'cookie', 'secret', 'password', 'privateKey'],
  ...['detail', 'parameters', 'args', 'query', 'where', 'row'],
])
const mark = '[hidden]'
const deepest = 6

/**
 * The same text is logged so often in so long; the others are counted, and the next line says how many there
 * were.
 */
const mostOfOneText = 20
const warning = pino.levels.values.warn ?? 40
const windowMs = 10_000

export type LogOptions = {
  level: string
  /** Where lines go; standard output by default. */
  write?: (line: string) => void
  now?: () => number
}

/**
 * The one logger of a process: JSON lines without personal data. Errors are logged by kind, message, code and
 * place; of a warning or an error that repeats, 20 lines in ten seconds.
 */
export function createLog({ level, write, now = Date.now }: LogOptions): Logger {
  const repeated = repetitions(now)
  const options = {
    level,
    formatters: { log: (line: Record<string, unknown>) => withoutHidden(line) },
    hooks: {
      // biome-ignore lint/complexity/useMaxParams: pino calls it so, and `this` is none
      logMethod(this: Logger, args: Parameters<pino.LogFn>, method: pino.LogFn, severity: number) {
        const text = args.find((arg) => typeof arg === 'string') ?? ''
        if (severity >= warning) loggedTotal.inc({ level: pino.levels.labels[severity] ?? '' })
        const suppressed = severity < warning ? 0 : repeated(text)
        if (suppressed === undefined) return
        if (suppressed > 0) method.apply(this, [{ suppressed, of: text }, 'lines of this text were left out'])
        method.apply(this, args)
      },
    },
  }
  return write === undefined ? pino(options) : pino(options, { write })
}

/**
 * Counts lines by their text: how many were left out before this one; undefined when it is to be left out
 * itself.
 */
function repetitions(now: () => number): (text: string) => number | undefined {
  const seen = new Map<string, { since: number; count: number }>()
  return (text) => {
    const entry = seen.get(text)
    if (entry === undefined || now() - entry.since >= windowMs) {
      if (seen.size > 1000) seen.clear() // Texts are constants; this many are a mistake.
      seen.set(text, { since: now(), count: 1 })
      return Math.max(0, (entry?.count ?? 0) - mostOfOneText)
    }
    entry.count += 1
    return entry.count > mostOfOneText ? undefined : 0
  }
}

function withoutHidden(value: Record<string, unknown>, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [key, hidden.has(key) ? mark : shown(held, depth + 1)]),
  )
}

function shown(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return faultOf(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth > deepest) return '[deeper]'
  if (Array.isArray(value)) return value.map((one) => shown(one, depth + 1))
  return withoutHidden(value as Record<string, unknown>, depth) // An object that is no array.
}
