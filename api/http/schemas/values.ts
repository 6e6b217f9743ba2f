import { z } from '@hono/zod-openapi'
import { isId } from '../../../domain/ids.ts'

export const exampleId = '7263549184000000001'

/** One of our ids in a request: a positive decimal that fits 64 bits, as a string. */
export const id = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'an id is a decimal number' })
  .refine(isId, { error: 'an id is a decimal number of 64 bits' })
  .openapi({ example: exampleId })

/** An id with what it is the id of. */
export const idOf = (description: string, example = exampleId) => id.openapi({ description, example })

/** The id in a path; one that cannot be is 404, by the hook in routing.ts. */
export const idParam = z.object({
  id: id.openapi({ param: { name: 'id', in: 'path' }, description: 'Whose id the path names.' }),
})

export const money = z
  .object({
    fen: z
      .string()
      .regex(/^-?\d{1,19}$/)
      .openapi({ description: 'Whole fen (1/100 yuan) as a decimal string.', example: '1999' }),
    currency: z.literal('CNY').openapi({ description: 'ISO 4217; always the yuan.', example: 'CNY' }),
  })
  .openapi('Money', { description: 'An amount in fen, exact: never a float, never yuan.' })

/** An amount with what it is the amount of. */
export const moneyOf = (description: string, fen = '1999') =>
  money.openapi({ description, example: { fen, currency: 'CNY' } })

export const moment = z.iso
  .datetime()
  .openapi({ description: 'ISO 8601 in UTC.', example: '2026-12-12T02:00:00.000Z' })

/** A moment with what happens at it. */
export const momentOf = (description: string, example = '2026-12-12T02:00:00.000Z') =>
  moment.openapi({ description: `${description} ISO 8601 in UTC.`, example })

/** A text of an answer. */
export const text = (description: string, example: string) => z.string().openapi({ description, example })

/** A whole number of an answer that a float holds exactly. */
export const whole = (description: string, example: number) =>
  z.number().openapi({ type: 'integer', description, example })

/** A whole number that may exceed what a float holds, as an answer writes it. */
export const decimal = (description: string, example: string) =>
  z
    .string()
    .regex(/^-?\d{1,19}$/)
    .openapi({ description, example })

/** A yes or no, with what it means and an example. */
export const flag = (description: string, example = true) => z.boolean().openapi({ description, example })

/**
 * What may be null. A reference made nullable by `.nullable()` would say so in the component that all share,
 * or nowhere.
 */
export const nullable = <S extends z.ZodType>(schema: S, description: string) =>
  z.union([schema, z.null()]).openapi({ description })

export const attributes = z.record(z.string(), z.string()).openapi({
  description: 'What distinguishes the SKU from its sisters, by name.',
  example: { weight: '250 g' },
})

/** C0 and C1 controls except tab and line breaks: PostgreSQL takes no NUL, and none of them is text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/
/** Embeddings, overrides and isolates: they make a text read as another one. */
const bidi = /[\u202a-\u202e\u2066-\u2069]/
/** A letter, digit, sign or picture; not only spaces, marks and what has no width. */
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * Text that people type, trimmed: well-formed Unicode in which something can be seen, without hidden
 * controls.
 */
export const words = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .refine((text) => text.isWellFormed(), { error: 'no half of a surrogate pair', abort: true })
    .refine((text) => !control.test(text), { error: 'no control characters' })
    .refine((text) => !bidi.test(text), { error: 'no characters that override the direction of text' })
    .refine((text) => text === '' || visible.test(text), { error: 'something that can be seen' })

/**
 * A whole number that may exceed what a float holds: a decimal string, or a number. Read as its shortest
 * form.
 */
export const count = z
  .union([z.string().regex(/^\d{1,18}$/), z.int().min(0)])
  .transform((value) => BigInt(value).toString())

/** An amount of fen in a request: a decimal string. */
export const fenText = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform((value) => BigInt(value).toString())

/** How many a page holds; decimal digits only, so that `0x10` and `1e2` are no numbers here. */
export const limit = z
  .string()
  .regex(/^(100|[1-9]\d?)$/, { error: 'a whole number from 1 to 100' })
  .transform(Number)
  .default(20)
  .openapi({
    ...{ type: 'integer', minimum: 1, maximum: 100, default: 20, example: 20 },
    description: 'How many a page holds at the most.',
  })

export const page = z.object({
  limit,
  cursor: id.optional().openapi({ description: '`next` of the page before; the first page without it.' }),
})

export const next = z
  .string()
  .nullable()
  .openapi({ description: 'The next page’s `cursor`; null on the last page.', example: exampleId })

type Headers = Record<string, { description: string; schema: { type: 'string'; example: string } }>
/** A header of an answer. */
export const header = (description: string, example: string): Headers[string] => ({
  description,
  schema: { type: 'string', example },
})

/** An answer with a JSON body. */
export const json = <S extends z.ZodType>(description: string, schema: S, headers?: Headers) => ({
  description,
  ...(headers && { headers }),
  content: { 'application/json': { schema } },
})

/** A JSON body that has to be there. */
export const body = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
})

export const bearer = [{ bearer: [] }, { cookie: [] }]
/** A visitor's cart, named in one of two places. */
export const anonymous = [{ anonymousCart: [] }, { anonymousCartCookie: [] }]
/** Nothing that says who asks: a new cart is made. */
export const newCart = {}
/** Open to everybody. */
export const open: Record<string, string[]>[] = []
