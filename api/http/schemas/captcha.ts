import { z } from '@hono/zod-openapi'
import { momentOf, text, whole } from './values.ts'

const kind = <K extends string>(is: K, description: string) =>
  z.literal(is).openapi({ description, example: is })
const challengeExample = '1796600000000.14.dGhpcyBpcyBi.WmVuIG9mIGEgc2lnbmF0dQ'

/** The challenge that a page has to have solved. */
export const captchaTask = z
  .discriminatedUnion('kind', [
    z
      .object({
        kind: kind('proof-of-work', 'Work for the buyer’s device.'),
        challenge: text('Send it back as it is; its last part is the signature.', challengeExample),
        rounds: whole('How many nonces are to be found.', 16),
        bits: whole('How many zero bits SHA-256 of `<signature>.<round>.<nonce>` has to begin with.', 14),
        expiresAt: momentOf('Until when it can be solved.'),
      })
      .openapi('ProofOfWorkTask', { description: 'Find a nonce, 0 or more, for each round from 0 on.' }),
    z
      .object({
        kind: kind('turnstile', 'Cloudflare Turnstile.'),
        siteKey: text('The widget’s `sitekey`.', '1x00000000000000000000AA'),
        action: text('The widget’s `action`.', 'flash-sale'),
        cData: text('The widget’s `cData`.', '2026121210_7263549184000000001_42'),
      })
      .openapi('TurnstileTask', { description: 'Render Turnstile’s widget with these.' }),
    z
      .object({
        kind: kind('tencent', 'Tencent Cloud’s captcha.'),
        appId: text('`CaptchaAppId`, for `new TencentCaptcha(…)`.', '199999164'),
      })
      .openapi('TencentTask', { description: 'Show Tencent’s captcha.' }),
  ])
  .openapi({ description: 'The challenge to solve, by its kind.' })

/** What a page sends back. */
export const captchaSolution = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: kind('proof-of-work', 'Work for the buyer’s device.'),
        challenge: z.string().min(1).max(200).openapi({
          description: 'The `challenge` that was given.',
          example: challengeExample,
        }),
        nonces: z
          .array(z.int().min(0).max(Number.MAX_SAFE_INTEGER))
          .max(64)
          .openapi({ description: 'The nonces, in the order of their rounds.', example: [31_337, 4711] }),
      })
      .openapi('ProofOfWorkSolution', { description: 'What was found; it is good once.' }),
    z
      .strictObject({
        kind: kind('turnstile', 'Cloudflare Turnstile.'),
        token: z
          .string()
          .min(1)
          .max(2048)
          .openapi({ description: 'What the widget gave: `cf-turnstile-response`.', example: '0.Qwe…' }),
      })
      .openapi('TurnstileSolution', { description: 'What Turnstile’s widget gave.' }),
    z
      .strictObject({
        kind: kind('tencent', 'Tencent Cloud’s captcha.'),
        ticket: z
          .string()
          .min(1)
          .max(2048)
          .openapi({ description: 'The `ticket` of the callback.', example: 'tr03XaCUZPAl…' }),
        randstr: z
          .string()
          .min(1)
          .max(100)
          .openapi({ description: 'The `randstr` of the callback.', example: '@Vki' }),
      })
      .openapi('TencentSolution', { description: 'What Tencent’s captcha gave.' }),
  ])
  .openapi({
    description: 'The solution of the challenge that `captcha_required` or `captcha_wrong` brought.',
  })
