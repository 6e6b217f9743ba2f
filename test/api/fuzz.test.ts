import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleOf } from '../../api/http/example-of.ts'
import { refuse } from '../../domain/refusals.ts'
import { describedApi } from './described.ts'
import { type Harness, startHarness } from './harness.ts'

type Parameter = { name: string; in: 'path' | 'query' | 'header'; schema: object; example?: unknown }
type Operation = { parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: object }> } }

const document = describedApi()
const operations = Object.entries(document.paths ?? {})
  .flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, of]) => ({ path, method, of })),
  )
  .filter(({ path }) => !path.endsWith('/events')) // A stream does not end.

let harness: Harness
let tokens: string[]
beforeAll(async () => {
  const unknown = async () => refuse('session_unknown', {})
  harness = await startHarness({
    placing: { place: async () => refuse('empty_order', {}), cancel: async () => refuse('already_paid', {}) },
    paying: { pay: async () => refuse('order_closed', {}) },
    operations: {
      plan: async ({ id }) => refuse('session_exists', { session: id }),
      ...{ addOffer: unknown, changeQuota: unknown, end: unknown },
      ...{ pause: unknown, resume: unknown, shed: unknown, captcha: unknown },
    },
  })
  const buyer = await harness.newBuyer()
  tokens = [buyer.token, (await harness.newBuyer({ role: 'admin' })).token, 'x.y.z']
})
afterAll(() => harness.close())

const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    0,
    -1,
    1.5,
    1e308,
    -0,
    true,
    [],
    {},
    [[]],
    '0',
    '-1',
    '0x10',
    '1e2',
  ),
  fc.constantFrom(
    '9223372036854775808',
    '\u0000',
    '\ud800',
    '\u202e',
    '\u200b',
    '0001-01-01T00:00:00Z',
    'zzz',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const random = fc.record({
  operation: fc.constantFrom(...operations),
  token: fc.nat({ max: 3 }),
  type: fc.constantFrom('application/json', 'application/json;', 'application/vnd.v2+json', 'text/plain', ''),
  /** Where the body and the parameters differ from their examples, and by what. */
  changes: fc.array(fc.tuple(fc.nat(), nasty), { maxLength: 3 }),
  raw: fc.option(fc.string({ maxLength: 50 }), { freq: 8 }),
})

/** The paths of all values in a value. */
const paths = (value: unknown, at: string[] = []): string[][] =>
  typeof value === 'object' && value !== null
    ? [at, ...Object.entries(value).flatMap(([key, child]) => paths(child, [...at, key]))]
    : [at]

function changed(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = { ...value, [key]: changed(Reflect.get(value, key), rest, by) }
  return Array.isArray(value) ? Object.values(copy) : copy
}

describe('whatever is sent', () => {
  it('is answered, as the document says, and is never a fault', async () => {
    await fc.assert(
      fc.asyncProperty(random, async ({ operation: { path, method, of }, token, type, changes, raw }) => {
        const parameters = of.parameters ?? []
        const schema = Object.values(of.requestBody?.content ?? {})[0]?.schema
        let sent: unknown = {
          body: schema && exampleOf(schema, document),
          ...Object.fromEntries(parameters.map((one) => [one.name, exampleOf(one.schema, document)])),
        }
        for (const [n, by] of changes) {
          const all = paths(sent).slice(1)
          sent = changed(sent, all[n % Math.max(1, all.length)] ?? [''], by)
        }
        const { body, ...values } = sent as Record<string, unknown> // It was made so.
        const query = new URLSearchParams()
        const headers = new Headers(tokens[token] ? { authorization: `Bearer ${tokens[token]}` } : {})
        let to = path
        for (const { name, in: where } of parameters) {
          const value = values[name]
          // An object may have a `toString` of its own that is no function.
          const text = (typeof value === 'object' ? JSON.stringify(value) : String(value)).toWellFormed()
          if (where === 'path') to = to.replace(`{${name}}`, encodeURIComponent(text) || '%20')
          if (where === 'query') query.set(name, text)
          if (where === 'header' && /^[\x21-\x7e]+$/.test(text)) headers.set(name, text)
        }
        if (type) headers.set('content-type', type)
        const sends = method !== 'get' && method !== 'delete'
        const answer = await fetch(`${harness.url}${to}?${query}`, {
          method: method.toUpperCase(),
          headers,
          ...(sends && schema && { body: raw ?? JSON.stringify(body ?? null) }),
        })
        const text = await answer.text()
        if (answer.status >= 500) expect([answer.status, text]).toEqual([503, expect.any(String)])
      }),
      { numRuns: 800 },
    )
  }, 120_000)
})
