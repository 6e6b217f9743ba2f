import { isIP } from 'node:net'
import { z } from 'zod'
import type { OrderLimits } from '../domain/order-limits.ts'
import { captchaVariables } from '../runtime/captcha.ts'
import { maxTokenLife, workerVariables } from '../runtime/environment.ts'
import { variable } from '../runtime/variables.ts'
import { trustedProxies } from './client-address.ts'
import { algorithmOf } from './token-verifier.ts'

const neededBy = 'api'

const pem = z.string().refine((text) => algorithmOf(text) !== undefined, {
  error: 'a public key in PEM form (RSA, P-256 or Ed25519), with its BEGIN and END lines',
})

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const jwksUrl = z.url().refine(isSafe, { error: 'an https URL, or http on this machine' })

function isSafe(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')))
}

const proxies = z
  .string()
  .optional()
  .transform((text, context) => {
    try {
      return text === undefined ? undefined : trustedProxies(text)
    } catch (error) {
      context.issues.push({
        code: 'custom',
        input: text,
        message: error instanceof Error ? error.message : 'addresses and networks',
      })
      return z.NEVER
    }
  })

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const origins = z
  .string()
  .default('')
  .transform(list)
  .refine((all) => all.every(isOrigin), {
    error: 'origins such as https://www.shop.example, separated by commas',
  })

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

/** What the API needs beside what every process needs: each of its processes carries an order worker. */
export const apiVariables = workerVariables
  .extend({
    HOST: variable(z.string().default('0.0.0.0'), { neededBy, meaning: 'the address that it listens on' }),
    PORT: variable(z.coerce.number().int().min(0).max(65_535).default(3000), {
      neededBy,
      meaning: 'the port that it listens on; 0: a free one',
      unit: 'port',
    }),
    TRUSTED_PROXIES: variable(proxies, {
      neededBy: 'api, unless `HOST` is this machine’s own',
      meaning:
        'addresses and networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; or `none`',
      example: '10.0.0.0/8',
    }),
    ALLOWED_ORIGINS: variable(origins, {
      neededBy,
      meaning:
        'other origins whose pages may call the API, also with its cookie, separated by commas; ' +
        'same-site ones (`www.` beside `api.`) for the cookie to come along',
      example: 'https://www.shop.example',
    }),
    MAX_CONNECTIONS: variable(z.coerce.number().int().min(10).max(1_000_000).default(20_000), {
      neededBy,
      meaning: 'connections at once; more are dropped. Event streams take one each',
      unit: 'connections',
    }),
    ACCESS_LOG_PER_SECOND: variable(z.coerce.number().int().min(0).max(100_000).default(50), {
      neededBy,
      meaning: 'requests that are logged a second, one line each; of the others the number is',
      unit: 'lines a second',
    }),
    RATE_LIMIT_FACTOR: variable(z.coerce.number().min(0).max(1000).default(1), {
      neededBy,
      meaning:
        'multiplies every rate limit of docs/api.md; 0: there are none, because something before the API has them',
    }),
    JWT_PUBLIC_KEY: variable(pem.optional(), {
      neededBy: 'api: this or `JWT_JWKS_URL`',
      meaning: 'the key that verifies tokens, PEM: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA)',
    }),
    JWT_JWKS_URL: variable(jwksUrl.optional(), {
      neededBy: 'api: this or `JWT_PUBLIC_KEY`',
      meaning: 'where the sign-in publishes its keys; https, or http on this machine',
      example: 'https://id.shop.example/jwks.json',
    }),
    JWT_ISSUER: variable(z.string({ error: 'the issuer (`iss`) of the tokens that are believed' }).min(1), {
      neededBy,
      meaning: 'the issuer (`iss`) of the tokens that are believed',
      example: 'https://id.shop.example',
    }),
    JWT_AUDIENCE: variable(
      z
        .string({ error: 'whom the tokens are for (`aud`): the name of this shop at its sign-in' })
        .min(1)
        .transform(list),
      { neededBy, meaning: 'whom the tokens are for (`aud`); several, separated by commas', example: 'shop' },
    ),
    ...maxTokenLife,
    QUOTE_SECRET: variable(
      z.string({ error: 'a secret of 32 characters or more that all API processes share' }).min(32),
      {
        neededBy,
        meaning: 'signs quotes; the same for all API processes',
        example: 'openssl rand -hex 32',
      },
    ),
    QUOTE_VALID_S: variable(z.coerce.number().int().min(10).max(86_400).default(900), {
      neededBy,
      meaning: 'how long a quote can be placed',
      unit: 's',
    }),
    PAY_WITHIN_S: variable(z.coerce.number().min(1).max(86_400).default(1800), {
      neededBy,
      meaning: 'how long an order waits for its payment; its goods are reserved for as long',
      unit: 's',
    }),
    UNPAID_ORDERS: variable(z.coerce.number().int().min(1).max(10_000).default(20), {
      neededBy,
      meaning: 'unpaid orders that a buyer may have at the same time',
      unit: 'orders',
    }),
    UNPAID_PIECES: variable(z.coerce.number().int().min(1).max(1_000_000).default(200), {
      neededBy,
      meaning: 'pieces of a SKU that a buyer’s unpaid orders may hold together',
      unit: 'pieces',
    }),
    ON_DELIVERY_ORDERS: variable(z.coerce.number().int().min(0).max(10_000).default(3), {
      neededBy,
      meaning: 'orders on delivery that a buyer may have on their way; 0 switches cash on delivery off',
      unit: 'orders',
    }),
    ON_DELIVERY_MOST_FEN: variable(z.coerce.number().int().min(1).max(100_000_000).default(200_000), {
      neededBy,
      meaning: 'the most that may be due on delivery',
      unit: 'fen',
    }),
    ON_DELIVERY_PROVINCES: variable(z.string().default('').transform(list), {
      neededBy,
      meaning:
        'provinces that cash on delivery is offered to, separated by commas, as addresses name them; unset: all',
      example: '浙江,上海',
    }),
    ATTEMPTS_PER_ORDER: variable(z.coerce.number().int().min(1).max(1000).default(20), {
      neededBy,
      meaning: 'attempts to pay that one order may have, however they ended; then `too_many_attempts`',
      unit: 'attempts',
    }),
    ANONYMOUS_CART_VALID_S: variable(z.coerce.number().int().min(60).max(2_592_000).default(259_200), {
      neededBy,
      meaning: 'how long a cart that is nobody’s yet lives after its last addition',
      unit: 's',
    }),
    ANONYMOUS_CARTS_PER_ADDRESS: variable(z.coerce.number().int().min(1).max(1_000_000).default(200), {
      neededBy,
      meaning:
        'such carts at a time from one address (of IPv6: its /64 network); a cart holds 20 kB at the most. Who signs ' +
        'in needs none',
      unit: 'carts',
    }),
    JOINS_PER_BUYER_PER_MINUTE: variable(z.coerce.number().int().min(1).default(120), {
      neededBy,
      meaning: 'joins of one buyer, counted in each process',
      unit: 'joins a minute',
    }),
    LOOKS_PER_BUYER_PER_MINUTE: variable(z.coerce.number().int().min(1).default(120), {
      neededBy,
      meaning: 'looks of one buyer at their tickets, opening event streams included, counted in each process',
      unit: 'requests a minute',
    }),
    STREAMS_PER_BUYER: variable(z.coerce.number().int().min(1).max(100).default(5), {
      neededBy,
      meaning: 'event streams that one buyer may have open in a process',
      unit: 'streams',
    }),
    STREAMS_PER_PROCESS: variable(z.coerce.number().int().min(0).max(1_000_000).default(10_000), {
      neededBy,
      meaning: 'event streams that a process may have open; 0: none, pages poll',
      unit: 'streams',
    }),
    TOKENS_PER_BUYER_PER_MINUTE: variable(z.coerce.number().int().min(1).default(30), {
      neededBy,
      meaning: 'requests of a buyer for a flash sale’s token',
      unit: 'requests a minute',
    }),
    TOKENS_PER_ADDRESS_PER_MINUTE: variable(z.coerce.number().int().min(1).default(120), {
      neededBy,
      meaning: 'the same, from one address (of IPv6: its /64 network)',
      unit: 'requests a minute',
    }),
    ...captchaVariables,
  })
  .refine((env) => env.TRUSTED_PROXIES !== undefined || isLoopback(env.HOST), {
    path: ['TRUSTED_PROXIES'],
    error:
      'say which proxies stand before this process (their addresses or networks), or `none`: ' +
      'limits count by the address that they report',
  })
  .refine((env) => (env.JWT_PUBLIC_KEY === undefined) !== (env.JWT_JWKS_URL === undefined), {
    path: ['JWT_PUBLIC_KEY'],
    error:
      'set either JWT_PUBLIC_KEY (the PEM of the key that signs your tokens) or JWT_JWKS_URL ' +
      '(where your keys are published)',
  })

export type ApiEnv = z.infer<typeof apiVariables>

/** What the environment says of `OrderLimits`. */
export const orderLimits = (env: ApiEnv): OrderLimits => ({
  unpaidOrders: env.UNPAID_ORDERS,
  unpaidPieces: env.UNPAID_PIECES,
  onDelivery: {
    orders: env.ON_DELIVERY_ORDERS,
    most: String(env.ON_DELIVERY_MOST_FEN),
    ...(env.ON_DELIVERY_PROVINCES.length > 0 && { provinces: env.ON_DELIVERY_PROVINCES }),
  },
})
