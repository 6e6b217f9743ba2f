import { z } from 'zod'
import { ConfigurationError } from '../domain/configuration.ts'
import { paymentVariables } from './payments.ts'

/** What every process needs. Each variable is described in docs/operations.md. */
const shared = {
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'a PostgreSQL URL, e.g. postgres://user:password@127.0.0.1:5432/floodgate',
  }),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'a Redis URL, e.g. redis://127.0.0.1:6379' }),
  /** Where the flash-sale gate lives; the same Redis unless it is given. */
  GATE_URL: z.url({ protocol: /^rediss?$/, error: 'a Redis URL, e.g. redis://127.0.0.1:6379' }).optional(),
  /** `on`: GATE_URL is one node of a cluster. */
  GATE_CLUSTER: z.enum(['on', 'off']).default('off'),
  TEMPORAL_ADDRESS: z.string({ error: 'host:port of Temporal, e.g. 127.0.0.1:7233' }).min(3),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_TLS: z.enum(['on', 'off']).optional(),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT: z
    .string()
    .includes('-----BEGIN', { error: 'the client certificate in PEM form' })
    .optional(),
  TEMPORAL_TLS_KEY: z
    .string()
    .includes('-----BEGIN', { error: 'the client certificate’s private key in PEM form' })
    .optional(),
  ORDERS_QUEUE: z
    .string()
    .regex(/^orders/, 'a name that begins with "orders"')
    .default('orders'),
  DATABASE_CONNECTIONS: z.coerce.number().int().min(5).max(500).default(20),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ...paymentVariables,
}

export const workerVariables = z.object({
  ...shared,
  /** Sleeping orders kept in memory; the others are replayed when they wake. */
  CACHED_ORDERS: z.coerce.number().int().min(10).default(300),
  /** Calls to each payment provider a second, over all processes; and tasks a second of the queue `payments`. */
  PROVIDER_CALLS_PER_SECOND: z.coerce.number().positive().default(50),
})
export type WorkerEnv = z.infer<typeof workerVariables>

export const consumerVariables = workerVariables.extend({
  /** How many starts of flash orders are under way at once, in each consumer. */
  CONSUMER_STARTS_IN_FLIGHT: z.coerce.number().int().min(1).max(1000).default(50),
})
export type ConsumerEnv = z.infer<typeof consumerVariables>

/** How long addresses stay in the orders of a buyer who has been forgotten, days from the order on: three years, as China's e-commerce law says. */
const addressRetention = { RETAIN_ADDRESS_DAYS: z.coerce.number().int().min(0).max(36_500).default(1095) }

export const jobsVariables = workerVariables.extend({
  /** How long a statement's raw text is kept after it was matched, days. It names payers. */
  RETAIN_STATEMENT_DAYS: z.coerce.number().int().min(1).max(36_500).default(90),
  /** How long is kept what a statement lists, days; later statements look at it for 31. */
  RETAIN_ENTRY_DAYS: z.coerce.number().int().min(40).max(36_500).default(62),
  /** How long attention and differences are kept after somebody cleared them, days. */
  RETAIN_CLEARED_DAYS: z.coerce.number().int().min(1).max(36_500).default(365),
  ...addressRetention,
})
export type JobsEnv = z.infer<typeof jobsVariables>

/** What forgetting a buyer by hand needs. */
export const forgetVariables = z.object({
  DATABASE_URL: shared.DATABASE_URL,
  REDIS_URL: shared.REDIS_URL,
  ...addressRetention,
})

/** The longest life of a token that is believed, s: the API's check of it, and how long a withdrawal is kept. */
export const maxTokenLife = { JWT_MAX_LIFE_S: z.coerce.number().int().min(60).max(2_592_000).default(86_400) }

/** What withdrawing tokens by hand needs. */
export const tokenVariables = z.object({ DATABASE_URL: shared.DATABASE_URL, ...maxTokenLife })

/** What reconciling by hand needs: no Redis, no Temporal. */
export const reconcileVariables = z.object({ DATABASE_URL: shared.DATABASE_URL, ...paymentVariables })

/** Reads and checks variables. Throws `ConfigurationError` naming every variable that is wrong, and the remedy. */
export function readEnv<T>(variables: z.ZodType<T>, env: Record<string, string | undefined>): T {
  const read = variables.safeParse(env)
  if (read.success) return read.data
  const lines = read.error.issues.map(
    (issue) => `  ${issue.path.join('.') || 'configuration'}: ${issue.message}`,
  )
  throw new ConfigurationError(
    `The configuration is not complete:\n${lines.join('\n')}\nSet these variables and start again; docs/operations.md describes each.`,
  )
}
