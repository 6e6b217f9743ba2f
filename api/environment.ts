import { z } from 'zod'
import type { OrderLimits } from '../domain/order-limits.ts'
import { maxTokenLife, workerVariables } from '../runtime/environment.ts'
import { trustedProxies } from './client-address.ts'
import { algorithmOf } from './token-verifier.ts'

const pem = z.string().refine((text) => algorithmOf(text) !== undefined, {
  error: 'a public key in PEM form (RSA, P-256 or Ed25519), with its BEGIN and END lines',
})

const jwksUrl = z.url().refine(isSafe, { error: 'an https URL, or http on this machine' })

function isSafe(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return (
    protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
  )
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

/** What the API needs beside what every process needs: each of its processes carries an order worker. */
export const apiVariables = workerVariables
  .extend({
    HOST: z.string().default('0.0.0.0'),
    PORT: z.coerce.number().int().min(0).max(65535).default(3000),
    JWT_PUBLIC_KEY: pem.optional(),
    JWT_JWKS_URL: jwksUrl.optional(),
    JWT_ISSUER: z.string({ error: 'the issuer (`iss`) of the tokens that are believed' }).min(1),
    JWT_AUDIENCE: z
      .string({ error: 'whom the tokens are for (`aud`): the name of this shop at its sign-in' })
      .min(1)
      .transform((text) => text.split(',').map((part) => part.trim())),
    ...maxTokenLife,
    QUOTE_SECRET: z
      .string({ error: 'a secret of 32 characters or more that all API processes share' })
      .min(32),
    /** Up to a day: a quote's prices are promised for as long. */
    QUOTE_VALID_S: z.coerce.number().int().min(10).max(86_400).default(900),
    /** Up to a day: goods are reserved for as long. */
    PAY_WITHIN_S: z.coerce.number().min(1).max(86_400).default(1800),
    /** Unpaid orders that a buyer may have at the same time. */
    UNPAID_ORDERS: z.coerce.number().int().min(1).max(10_000).default(20),
    /** Pieces of a SKU that a buyer's unpaid orders may hold together. */
    UNPAID_PIECES: z.coerce.number().int().min(1).max(1_000_000).default(200),
    /** Orders on delivery that a buyer may have on their way; 0 switches cash on delivery off. */
    ON_DELIVERY_ORDERS: z.coerce.number().int().min(0).max(10_000).default(3),
    /** The most that may be due on delivery, fen. */
    ON_DELIVERY_MOST_FEN: z.coerce.number().int().min(1).max(100_000_000).default(200_000),
    /** Provinces that cash on delivery is offered to, separated by commas, as addresses name them; empty: all. */
    ON_DELIVERY_PROVINCES: z.string().default('').transform(listed),
    /** Attempts to pay that one order may have, of whatever channel and however they ended; 1 or more. */
    ATTEMPTS_PER_ORDER: z.coerce.number().int().min(1).max(1000).default(20),
    /** Proxies whose X-Forwarded-For is believed. */
    TRUSTED_PROXIES: proxies,
    TOKENS_PER_BUYER_PER_MINUTE: z.coerce.number().int().min(1).default(30),
    TOKENS_PER_ADDRESS_PER_MINUTE: z.coerce.number().int().min(1).default(120),
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
      'set either JWT_PUBLIC_KEY (the PEM of the key that signs your tokens) or JWT_JWKS_URL (where your keys are published)',
  })
const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/.test(host)

export type ApiEnv = z.infer<typeof apiVariables>

function listed(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

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
