import { z } from '@hono/zod-openapi'
import type { RefusalCode, RefusalDetails } from '../../../domain/refusals.ts'
import type { ProblemCode } from '../errors/codes.ts'
import { problemParts } from '../errors/problem.ts'
import { problemTexts } from '../errors/problem-texts.ts'
import { captchaTask } from './captcha.ts'
import { decimal, exampleId, flag, idOf, momentOf, moneyOf, text, whole } from './values.ts'

const toSay = 'What a page needs to say what to do next.'
const sku = idOf('The SKU concerned.')
const status = text('The order’s status, which does not allow it.', 'shipped')
const none = z.strictObject({}).openapi({ description: 'Nothing more to say.', example: {} })
const session = text('The session’s id.', '2026121210')

/** What `details` holds, refusal by refusal. */
const details: { [C in RefusalCode]: z.ZodType<RefusalDetails[C]> } = {
  quote_expired: z.object({ expiredAt: momentOf('When the quote expired.') }),
  quote_forged: none,
  token_reused: none,
  empty_order: none,
  quantity_invalid: z.object({ sku, quantity: z.number().openapi({ description: 'As asked.', example: 0 }) }),
  sku_unknown: z.object({ sku }),
  not_on_sale: z.object({ sku }),
  price_changed: z.object({ sku, was: moneyOf('The quoted unit price.'), is: moneyOf('Today’s.', '2099') }),
  amount_changed: z.object({ was: moneyOf('The quoted total.'), is: moneyOf('Today’s.', '2999') }),
  out_of_stock: z.object({
    skus: z.array(z.string()).openapi({ description: 'SKUs that are short.', example: [exampleId] }),
  }),
  coupon_unavailable: z.object({
    reason: z
      .enum(['used', 'expired', 'not_yours', 'below_minimum', 'out_of_scope'])
      .openapi({ description: '`used` also while another order holds it.', example: 'expired' }),
  }),
  balance_insufficient: z.object({ available: moneyOf('What the wallet holds.', '500') }),
  points_insufficient: z.object({ available: decimal('The points that could be used.', '120') }),
  too_many_unpaid_orders: z.object({ limit: whole('Unpaid orders that a buyer may have.', 20) }),
  too_many_pieces: z.object({
    sku,
    limit: whole('Unpaid pieces of a SKU that a buyer may hold.', 200),
    held: whole('Pieces that the buyer’s unpaid orders hold already.', 180),
  }),
  on_delivery_unavailable: z.object({
    reason: z.enum(['off', 'province', 'amount', 'too_many']).openapi({
      description: 'Not offered at all, not to this province, not for so much, or too many on their way.',
      example: 'amount',
    }),
  }),
  address_unknown: none,
  buyer_blocked: none,
  unavailable: z.object({ step: text('What did not work: a placing step, or `cancel`.', 'reserve_stock') }),
  already_paid: none,
  attempt_unsettled: z.object({ retryAfterS: whole('Seconds after which asking again is worth while.', 2) }),
  order_closing: none,
  order_closed: none,
  not_payable: z.object({ status }),
  payment_refused: z.object({
    provider: text('The provider, or the channel that is not configured.', 'wechat-v3'),
    code: text('The provider’s own code, or `CHANNEL_UNKNOWN`.', 'NOAUTH'),
  }),
  too_many_attempts: z.object({ limit: whole('Attempts that one order may have.', 20) }),
  not_refundable: z.object({ status }),
  nothing_to_refund: none,
  refund_exceeds: z.object({
    line: whole('The order’s line.', 1),
    available: whole('Pieces of it that can still be refunded.', 2),
  }),
  refund_reused: z.object({ key: text('The key, as it stands in the refund’s number.', 'k3J9') }),
  refund_unknown: z.object({ number: text('The number that was asked for.', 'order-1-k3J9') }),
  refund_not_failed: z.object({ state: text('The refund’s state.', 'asked') }),
  session_unknown: none,
  session_ended: none,
  session_exists: z.object({ session }),
  offer_unknown: z.object({ session, sku }),
  offer_exists: z.object({ session, sku }),
  quota_short: z.object({ available: whole('Pieces that the warehouse can still give.', 3) }),
  quota_below_granted: z.object({ least: whole('The smallest quota that is possible now.', 8) }),
}

const captcha = z.object({ captcha: captchaTask })
const field = text('The field’s path in the request.', 'lines.0.sku')
const dependency = z.object({
  up: flag('Whether it answered.', false),
  needed: flag('Whether this process does nothing without it.'),
  latencyMs: z.number().openapi({ description: 'How long that took, ms.', example: 2000 }),
})

/** What a problem of the API itself says beside the five members that all have. */
const members: Partial<Record<ProblemCode, z.ZodRawShape>> = {
  sold_out: {
    details: z
      .object({ left: whole('Pieces that are left: fewer than asked for.', 0) })
      .openapi({ description: toSay }),
  },
  not_open: { details: z.object({ opensAt: momentOf('When it opens.') }).openapi({ description: toSay }) },
  over_limit: {
    details: z.object({ limit: whole('Pieces that a buyer may have.', 1) }).openapi({ description: toSay }),
  },
  cooling_off: {
    details: z.object({ until: momentOf('When the buyer may join again.') }).openapi({ description: toSay }),
  },
  captcha_required: { details: captcha.openapi({ description: toSay }) },
  captcha_wrong: { details: captcha.openapi({ description: toSay }) },
  validation: {
    field: text('The first of `errors`: its field.', 'lines.0.sku'),
    errors: z
      .array(
        z.object({
          field,
          code: text(
            'What is wrong, for programs; `unknown_field` for one that there is not.',
            'invalid_format',
          ),
          message: text('What is wrong, in English.', 'an id is a decimal number'),
        }),
      )
      .max(20)
      .openapi({ description: 'What is wrong with which field; the first twenty.' }),
  },
  not_ready: {
    dependencies: z.record(z.string(), dependency).openapi({
      description: 'What this process works with, by name.',
      example: { postgresql: { up: false, needed: true, latencyMs: 2000 } },
    }),
  },
}

const isRefusal = (code: ProblemCode): code is RefusalCode => Object.hasOwn(details, code)
const more = (code: ProblemCode): z.ZodRawShape =>
  isRefusal(code) ? { details: details[code].openapi({ description: toSay }) } : (members[code] ?? {})

/** `out_of_stock` → `OutOfStockProblem`. */
const nameOf = (code: ProblemCode): string =>
  `${code.replace(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Problem`

/** Where the document has a problem's schema. */
export const problemRef = (code: ProblemCode): string => `#/components/schemas/${nameOf(code)}`

/** As it would be answered; who is bounded is always answered until when. */
const sample = (code: ProblemCode) =>
  problemParts(code, 'en', code === 'rate_limited' ? { retryAfterS: 5 } : {})

const schemas = new Map<ProblemCode, z.ZodObject>()
/** One problem, as its code makes it. */
function schemaOf(code: ProblemCode): z.ZodObject {
  const known = schemas.get(code)
  if (known) return known
  const { status } = sample(code)
  const { title, detail } = problemTexts[code].en
  const made = z
    .object({
      type: z.literal(`/problems/${code}`).openapi({ description: 'The problem’s type (RFC 9457).' }),
      title: text('The same for all of this type; English or Chinese, by `Accept-Language`.', title),
      status: z.literal(status).openapi({ description: 'The HTTP status once more.' }),
      detail: text('What to do about it; English or Chinese.', detail),
      code: z.literal(code).openapi({ description: 'What to switch over.' }),
      ...more(code),
    })
    .openapi(nameOf(code), { description: detail })
  schemas.set(code, made)
  return made
}

type Answer = {
  description: string
  content: { 'application/problem+json': { schema: z.ZodType<{ code: string }> } }
}
/** What the compiler sees of them: typed clients meet any status that is no success. */
export type ProblemAnswers = { '4XX': Answer; '5XX': Answer }

/** Everything that a route may answer beside its success: each status with the closed set of its codes. */
export function problemAnswers(codes: readonly ProblemCode[]): ProblemAnswers {
  const answers: Record<number, object> = {}
  for (const status of new Set(codes.map((code) => sample(code).status)))
    answers[status] = answerOf(codes.filter((code) => sample(code).status === status))
  return answers as ProblemAnswers // Each is one or the other; see the type.
}

function answerOf(codes: readonly ProblemCode[]) {
  const [first, ...others] = codes.map(schemaOf)
  const headers = codes.map((code) => sample(code).headers)
  return {
    description: codes.map((code) => `\`${code}\`: ${problemTexts[code].en.detail}`).join('\n\n'),
    headers: {
      'Content-Language': { $ref: '#/components/headers/ContentLanguage' },
      ...(headers.some((one) => 'retry-after' in one) && retryAfter),
      ...(headers.some((one) => 'www-authenticate' in one) && authenticate),
    },
    content: {
      'application/problem+json': {
        schema: first && others.length > 0 ? z.discriminatedUnion('code', [first, ...others]) : first,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  }
}

const retryAfter = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
const authenticate = { 'WWW-Authenticate': { $ref: '#/components/headers/WwwAuthenticate' } }
