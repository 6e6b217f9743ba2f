import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ProblemCode } from './errors/codes.ts'
import { problemTexts } from './errors/problem-texts.ts'
import { exampleOf } from './example-of.ts'
import { registerHeaders } from './response-headers.ts'
import type { ApiEnv } from './routing.ts'
import { addressSchema, addressSnapshot } from './schemas/address.ts'
import { problemRef } from './schemas/problem.ts'
import { money } from './schemas/values.ts'
import { registerCallbacks } from './webhooks.ts'

const description = `Durable orders and flash sales (秒杀) of one shop.

- **Money** is whole fen (1/100 yuan) as a decimal string: \`{"fen": "1999", "currency": "CNY"}\`.
- **Ids** are 64-bit numbers as decimal strings; never read them as floats.
- **Times** are ISO 8601 in UTC.
- **Lists** have \`limit\` (1–100) and \`cursor\`: the \`next\` of the page before.
- **A "no"** is \`application/problem+json\` (RFC 9457). Switch over its \`code\`: each operation and
  status lists the closed set of them. \`title\` and \`detail\` are English, or Chinese by
  \`Accept-Language\`.
- **Bodies** are JSON in UTF-8 of at most 64 KiB; a field that there is not is refused.
- **Another method** than those of a path is answered 405, with \`Allow\`.`

const license = { name: 'MIT', url: 'https://opensource.org/license/mit' }

const tags = [
  { name: 'Products', description: 'What the shop sells; open to everybody.' },
  { name: 'Cart', description: 'The cart of a buyer, or of a visitor who has not signed in yet.' },
  { name: 'Addresses', description: 'Where a buyer’s goods go.' },
  { name: 'Orders', description: 'From the quote to the payment, and what became of it.' },
  { name: 'Flash sales', description: 'Sessions, admission tokens, and tickets that become orders (秒杀).' },
  { name: 'Operators', description: 'Planning and running flash sales, and refunds; for the shop’s staff.' },
  { name: 'Operations', description: 'For load balancers and monitors.' },
  { name: 'Providers', description: 'What payment providers post to the shop.' },
]

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of the shop’s identity provider; its subject is the buyer.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'floodgate_token',
    description: 'The same token; what changes something has to come from the shop’s own pages.',
  },
  anonymousCart: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Cart',
    description: 'A visitor’s cart. With a buyer’s token it is merged into the buyer’s.',
  },
  anonymousCartCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'floodgate_cart',
    description: 'The same as `X-Cart`.',
  },
} as const

/**
 * The OpenAPI document of all routes that an app has: generated from the schemas that validate its requests.
 */
export function describeApi(app: OpenAPIHono<ApiEnv>) {
  const registry = app.openAPIRegistry
  // Registered by themselves, so that a field's own description does not become the component's.
  const shared = { Money: money, AddressSnapshot: addressSnapshot, Address: addressSchema }
  for (const [name, schema] of Object.entries(shared)) registry.register(name, schema)
  for (const [name, scheme] of Object.entries(securitySchemes))
    registry.registerComponent('securitySchemes', name, scheme)
  registerHeaders(registry)
  registerCallbacks(registry)
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Floodgate', version: '1', description, license },
    servers: [{ url: '/', description: 'The shop that serves this document.' }],
    tags,
  })
  return { ...document, components: { ...document.components, examples: problemExamples(document) } }
}

/** An example of each problem that some route answers, as it would be written. */
function problemExamples(document: object) {
  const text = JSON.stringify(document)
  const codes = Object.keys(problemTexts) as ProblemCode[] // It is keyed by them.
  const used = codes.filter((code) => text.includes(`"#/components/examples/${code}"`))
  return Object.fromEntries(
    used.map((code) => {
      const { title } = problemTexts[code].en
      return [code, { summary: title, value: exampleOf({ $ref: problemRef(code) }, document) }]
    }),
  )
}
