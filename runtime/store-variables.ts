import { z } from 'zod'
import { variable } from './variables.ts'

const redisUrl = z.url({ protocol: /^rediss?$/, error: 'a Redis URL, e.g. redis://127.0.0.1:6379' })

/** Where PostgreSQL and Redis are: all that a command needs which has to work without the rest. */
export const storeVariables = {
  DATABASE_URL: variable(
    z.url({
      protocol: /^postgres(ql)?$/,
      error: 'a PostgreSQL URL, e.g. postgres://user:password@127.0.0.1:5432/floodgate',
    }),
    {
      meaning: 'PostgreSQL, directly or through a pooler in session mode',
      example: 'postgres://shop:…@db:5432/floodgate',
    },
  ),
  REDIS_URL: variable(redisUrl, {
    meaning: 'Redis or Valkey: carts, events, limits, and the gate unless it has its own; `rediss://` is TLS',
    example: 'redis://cache:6379',
  }),
  GATE_URL: variable(redisUrl.optional(), {
    meaning: 'the flash-sale gate’s own Redis or Valkey; without it the gate shares `REDIS_URL`',
    example: 'rediss://:password@gate:6379',
  }),
  GATE_CLUSTER: variable(z.enum(['on', 'off']).default('off'), {
    meaning: '`on`: `GATE_URL` is one node of a cluster; its user, password and TLS hold for every node',
  }),
}
const variables = z.object(storeVariables)
export type StoreEnv = z.infer<typeof variables>
