import { hkdfSync } from 'node:crypto'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Challenge } from '../challenges/challenge.ts'
import { type OnOutage, onOutage } from '../challenges/outage.ts'
import { proofOfWork } from '../challenges/proof-of-work.ts'
import { createAsk } from '../challenges/provider-call.ts'
import { tencentCaptcha, tencentUrl } from '../challenges/tencent.ts'
import { turnstile, turnstileUrl } from '../challenges/turnstile.ts'
import { ConfigurationError } from '../domain/configuration.ts'
import type { Gate } from '../redis/gate/gate.ts'
import { captchaAnswers } from './metrics.ts'
import { variable } from './variables.ts'

const neededBy = 'api'
const withTurnstile = 'with `CAPTCHA=turnstile`'
const withTencent = 'with `CAPTCHA=tencent`'
const key = () => z.string().min(1).optional()

/** What a token costs where a session wants a captcha; only the API needs it. */
export const captchaVariables = {
  CAPTCHA: variable(z.enum(['proof-of-work', 'turnstile', 'tencent']).default('proof-of-work'), {
    neededBy,
    meaning:
      'the check of sessions that want a captcha: work for the buyer’s device, which needs no other party; ' +
      'Cloudflare Turnstile; Tencent Cloud’s captcha',
  }),
  CAPTCHA_DIFFICULTY: variable(z.coerce.number().int().min(8).max(28).default(18), {
    neededBy,
    meaning:
      'with `proof-of-work`: 2 to this power hashes; 18 take a phone about a second, each more doubles it',
    unit: 'bits',
  }),
  CAPTCHA_ON_OUTAGE: variable(z.enum(['pass', 'retry']).default('pass'), {
    neededBy,
    meaning:
      'while the provider of the captcha is away: `pass` lets buyers in without it, and only the other limits ' +
      'hold; `retry` gives nobody a token',
  }),
  TURNSTILE_SITE_KEY: variable(key(), {
    neededBy: withTurnstile,
    meaning: 'the widget’s site key, for pages',
  }),
  TURNSTILE_SECRET_KEY: variable(key(), { neededBy: withTurnstile, meaning: 'the widget’s secret key' }),
  TURNSTILE_URL: variable(z.url().default(turnstileUrl), {
    neededBy: 'tests',
    meaning: 'another `siteverify`',
  }),
  TENCENT_CAPTCHA_APP_ID: variable(
    z
      .string()
      .regex(/^\d{1,15}$/, 'digits')
      .optional(),
    {
      neededBy: withTencent,
      meaning: '`CaptchaAppId` of the captcha, digits; for pages as well',
      example: '199999164',
    },
  ),
  TENCENT_CAPTCHA_APP_SECRET: variable(key(), {
    neededBy: withTencent,
    meaning: '`AppSecretKey` of the captcha',
  }),
  TENCENT_SECRET_ID: variable(key(), {
    neededBy: withTencent,
    meaning: 'API key (`SecretId`) that may call `captcha:DescribeCaptchaResult`',
  }),
  TENCENT_SECRET_KEY: variable(key(), { neededBy: withTencent, meaning: 'its `SecretKey`' }),
  TENCENT_CAPTCHA_URL: variable(z.url().default(tencentUrl), {
    neededBy,
    meaning: 'where Tencent is asked; another host for accounts of its international site',
    example: 'https://captcha.intl.tencentcloudapi.com',
  }),
}
const variables = z.object(captchaVariables)
export type CaptchaEnv = z.infer<typeof variables>

type CaptchaDeps = {
  gate: Pick<Gate, 'spendChallenge'>
  log: Pick<Logger, 'error'>
  /** The secret that all API processes share; the key of the challenges is derived from it. */
  secret: string
}

/**
 * The check that this shop has chosen, its verdicts counted.
 * @throws {ConfigurationError} naming the variables that it lacks
 */
export function configureCaptcha(env: CaptchaEnv, deps: CaptchaDeps): Challenge {
  return counted(env.CAPTCHA, chosen(env, deps))
}

function chosen(env: CaptchaEnv, { gate, log, secret }: CaptchaDeps): Challenge {
  const then: OnOutage = env.CAPTCHA_ON_OUTAGE
  const warn = (why: string) =>
    log.error({ why, captcha: env.CAPTCHA, then }, 'the provider of the captcha gave no verdict')
  switch (env.CAPTCHA) {
    case 'proof-of-work':
      return proofOfWork({
        secret: new Uint8Array(hkdfSync('sha256', secret, '', 'captcha: proof of work', 32)),
        difficulty: env.CAPTCHA_DIFFICULTY,
        spend: gate.spendChallenge,
      })
    case 'turnstile': {
      const { TURNSTILE_SITE_KEY, TURNSTILE_SECRET_KEY } = needed(env, [
        'TURNSTILE_SITE_KEY',
        'TURNSTILE_SECRET_KEY',
      ])
      return onOutage(
        turnstile({
          siteKey: TURNSTILE_SITE_KEY,
          secret: TURNSTILE_SECRET_KEY,
          url: env.TURNSTILE_URL,
          ask: createAsk({ warn }),
        }),
        then,
      )
    }
    case 'tencent': {
      const keys = needed(env, [
        'TENCENT_CAPTCHA_APP_ID',
        'TENCENT_CAPTCHA_APP_SECRET',
        'TENCENT_SECRET_ID',
        'TENCENT_SECRET_KEY',
      ])
      return onOutage(
        tencentCaptcha({
          appId: keys.TENCENT_CAPTCHA_APP_ID,
          appSecret: keys.TENCENT_CAPTCHA_APP_SECRET,
          secretId: keys.TENCENT_SECRET_ID,
          secretKey: keys.TENCENT_SECRET_KEY,
          url: env.TENCENT_CAPTCHA_URL,
          ask: createAsk({ warn }),
        }),
        then,
      )
    }
  }
}

function needed<K extends keyof CaptchaEnv>(env: CaptchaEnv, names: readonly K[]): Record<K, string> {
  const missing = names.filter((name) => env[name] === undefined)
  if (missing.length > 0)
    throw new ConfigurationError(
      `${missing.join(', ')}: CAPTCHA=${env.CAPTCHA} needs it. Set it, and start again.`,
    )
  return env as CaptchaEnv & Record<K, string> // Each is there, and a text.
}

const counted = (kind: string, challenge: Challenge): Challenge => ({
  issue: challenge.issue,
  async verify(subject, solution) {
    const verdict = await challenge.verify(subject, solution)
    captchaAnswers.inc({ kind, verdict })
    return verdict
  },
})
