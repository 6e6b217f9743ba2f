import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Challenge, Subject } from './challenge.ts'
import { type Ask, noVerdict } from './provider-call.ts'

type Options = {
  siteKey: string
  secret: string
  url: string
  ask: Ask
}

/** https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ */
export const turnstileUrl = 'https://challenges.cloudflare.com/turnstile/v0/siteverify'

const answer = z.object({
  success: z.boolean(),
  'error-codes': z.array(z.string()).default([]),
  action: z.string().nullish(),
  cdata: z.string().nullish(),
})

/** What the page names its widget; Cloudflare hands it back with the verdict. */
const action = 'flash-sale'

/**
 * Codes that say nothing about the solution: our secret is wrong, or Cloudflare has a fault. No solution can
 * bring one of them about, so that nobody gets past a shop that lets buyers in while its check is away.
 */
const ourFault = ['missing-input-secret', 'invalid-input-secret', 'internal-error']

/**
 * Cloudflare Turnstile, verified by its call `siteverify`. The widget's `cData` binds a token to one buyer and
 * one offer; that it comes for the first time is Cloudflare's to say (`timeout-or-duplicate`).
 */
export const turnstile = ({ siteKey, secret, url, ask }: Options): Challenge => ({
  issue: (subject) => ({ kind: 'turnstile', siteKey, action, cData: cDataOf(subject) }),

  async verify(subject, solution) {
    if (solution.kind !== 'turnstile') return 'failed'
    const found = await ask({
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        secret,
        response: solution.token,
        remoteip: subject.address,
        idempotency_key: randomUUID(),
      }),
      schema: answer,
    })
    if (found === noVerdict) return 'away'
    const codes = found['error-codes']
    if (!found.success) {
      if (!codes.some((code) => ourFault.includes(code))) return 'failed'
      return ask.away(`Turnstile answered ${codes.join()}`)
    }
    return found.action === action && found.cdata === cDataOf(subject) ? 'passed' : 'failed'
  },
})

/** At most 255 letters, digits, `_` and `-`, as Turnstile wants it. */
const cDataOf = ({ buyer, offer: { session, sku } }: Subject): string => `${session}_${sku}_${buyer}`
