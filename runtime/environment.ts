import { z } from 'zod'
import { describedPaymentVariables } from './payment-variables.ts'
import { paymentVariables } from './payments.ts'
import { storeVariables } from './store-variables.ts'
import { variable } from './variables.ts'

export { readEnv } from './read-env.ts'

const onOff = z.enum(['on', 'off'])
const pem = (what: string) => z.string().includes('-----BEGIN', { error: `the ${what} in PEM form` })

/** What every process needs. */
const shared = {
  DATABASE_URL: storeVariables.DATABASE_URL,
  DATABASE_CONNECTIONS: variable(z.coerce.number().int().min(5).max(500).default(20), {
    meaning: 'size of the pool of each process',
    unit: 'connections',
  }),
  REDIS_URL: storeVariables.REDIS_URL,
  GATE_URL: storeVariables.GATE_URL,
  GATE_CLUSTER: storeVariables.GATE_CLUSTER,
  TEMPORAL_ADDRESS: variable(z.string({ error: 'host:port of Temporal, e.g. 127.0.0.1:7233' }).min(3), {
    meaning: 'host and port of Temporal',
    example: 'temporal:7233',
  }),
  TEMPORAL_NAMESPACE: variable(z.string().default('default'), {
    meaning: 'namespace in Temporal',
    example: 'shop',
  }),
  TEMPORAL_TLS: variable(onOff.optional(), {
    meaning:
      '`on`: TLS to Temporal. Unset it follows from the other three; `off` beside one of them stops the start, ' +
      'so that nothing goes in plain text by mistake',
  }),
  TEMPORAL_API_KEY: variable(z.string().min(1).optional(), {
    meaning: 'Temporal’s API key; switches TLS on',
  }),
  TEMPORAL_TLS_CERT: variable(pem('client certificate').optional(), {
    meaning: 'client certificate, PEM; together with its key; switches TLS on',
  }),
  TEMPORAL_TLS_KEY: variable(pem('client certificate’s private key').optional(), {
    meaning: 'the client certificate’s private key, PEM',
  }),
  TEMPORAL_TLS_CA: variable(pem('certificate authority').optional(), {
    meaning: 'certificate of a private authority that signs Temporal’s, PEM; switches TLS on',
  }),
  ORDERS_QUEUE: variable(
    z
      .string()
      .regex(/^orders/, 'a name that begins with "orders"')
      .default('orders'),
    {
      meaning:
        'task queue of orders, begins with `orders`; provider calls go to the same name with `payments` for `orders`',
      example: 'orders-eu',
    },
  ),
  LOG_LEVEL: variable(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    meaning: 'least level that is logged, as JSON lines on standard output',
  }),
  HEALTH_PORT: variable(z.coerce.number().int().min(1).max(65_535).optional(), {
    meaning:
      'where `/healthz`, `/readyz` and `/metrics` are served beside the work; unset: nowhere (the API has the first two on `PORT`)',
    unit: 'port',
    example: '9090',
  }),
  HEALTH_HOST: variable(z.string().default('127.0.0.1'), {
    meaning: 'the address that `HEALTH_PORT` listens on; figures of the shop are for its own network only',
    example: '0.0.0.0',
  }),
  TEMPORAL_METRICS_PORT: variable(z.coerce.number().int().min(1).max(65_535).optional(), {
    meaning: 'where the Temporal SDK serves its own metrics, `/metrics` on `HEALTH_HOST`; unset: nowhere',
    unit: 'port',
    example: '9091',
  }),
  STOP_GRACE_S: variable(z.coerce.number().min(0).max(300).default(5), {
    meaning:
      'after SIGTERM: how long `/readyz` is red while work is still taken, so that load balancers turn away first',
    unit: 's',
  }),
  STOP_WITHIN_S: variable(z.coerce.number().min(1).max(600).default(30), {
    meaning:
      'after that grace the process ends within this, whatever is still at work; shorter than your supervisor’s',
    unit: 's',
  }),
  ...describedPaymentVariables,
}

export const workerVariables = z.object({
  ...shared,
  CACHED_ORDERS: variable(z.coerce.number().int().min(10).default(300), {
    neededBy: 'api, worker',
    meaning: 'sleeping orders kept in memory; the others are replayed when they wake',
    unit: 'orders',
  }),
  PROVIDER_CALLS_PER_SECOND: variable(z.coerce.number().positive().default(50), {
    neededBy: 'api, worker, jobs',
    meaning:
      'calls to each provider over all processes, whatever is asked (a close counts as two); one too many is not made ' +
      'and answers `unknown`. In each process for itself while Redis is away. Also the tasks of the queue `payments`',
    unit: 'calls a second',
  }),
})
export type WorkerEnv = z.infer<typeof workerVariables>

export const consumerVariables = workerVariables.extend({
  CONSUMER_STARTS_IN_FLIGHT: variable(z.coerce.number().int().min(1).max(1000).default(50), {
    neededBy: 'consumer',
    meaning: 'starts of flash orders that are under way at once, in each consumer',
    unit: 'orders',
  }),
})
export type ConsumerEnv = z.infer<typeof consumerVariables>

/**
 * How long addresses stay in the orders of a buyer who has been forgotten: three years, by China's e-commerce
 * law.
 */
const addressRetention = {
  RETAIN_ADDRESS_DAYS: variable(z.coerce.number().int().min(0).max(36_500).default(1095), {
    neededBy: 'jobs, `npm run forget`',
    meaning: 'how long addresses stay in the orders of a buyer who has been forgotten, from the order on',
    unit: 'days',
  }),
}

export const jobsVariables = workerVariables.extend({
  RETAIN_STATEMENT_DAYS: variable(z.coerce.number().int().min(1).max(36_500).default(90), {
    neededBy: 'jobs',
    meaning: 'how long a statement’s raw text is kept after it was matched; it names payers',
    unit: 'days',
  }),
  RETAIN_ENTRY_DAYS: variable(z.coerce.number().int().min(40).max(36_500).default(62), {
    neededBy: 'jobs',
    meaning: 'how long is kept what a statement lists; later statements look at it for 31',
    unit: 'days',
  }),
  RETAIN_CLEARED_DAYS: variable(z.coerce.number().int().min(1).max(36_500).default(365), {
    neededBy: 'jobs',
    meaning: 'how long attention and differences are kept after somebody cleared them',
    unit: 'days',
  }),
  ...addressRetention,
  AUDIT_EVERY_HOURS: variable(z.coerce.number().int().min(0).max(720).default(24), {
    neededBy: 'jobs',
    meaning:
      'how often the books are audited, by one of the jobs processes; the figures say what it found. 0: never',
    unit: 'hours',
  }),
})
export type JobsEnv = z.infer<typeof jobsVariables>

/** The API's check of tokens, and how long a withdrawal is kept. */
export const maxTokenLife = {
  JWT_MAX_LIFE_S: variable(z.coerce.number().int().min(60).max(2_592_000).default(86_400), {
    neededBy: 'api, `npm run tokens`, `npm run forget`',
    meaning: 'the longest life of a token that is believed',
    unit: 's',
  }),
}

/** What forgetting a buyer by hand needs. */
export const forgetVariables = z.object({
  DATABASE_URL: shared.DATABASE_URL,
  REDIS_URL: shared.REDIS_URL,
  ...addressRetention,
  ...maxTokenLife,
})

/** What withdrawing tokens by hand needs. */
export const tokenVariables = z.object({ DATABASE_URL: shared.DATABASE_URL, ...maxTokenLife })

/** What reconciling by hand needs: no Redis, no Temporal. */
export const reconcileVariables = z.object({ DATABASE_URL: shared.DATABASE_URL, ...paymentVariables })
