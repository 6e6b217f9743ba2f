import { z } from '@hono/zod-openapi'
import { isId } from '../../../domain/ids.ts'

/** A snowflake id in a body. */
export const id = z
  .string()
  .refine(isId, { error: 'an id is a decimal number' })
  .openapi({ example: '7263549184000000001' })

/** The id in a path; one that cannot be is 404, by the hook in routing.ts. */
export const idParam = z.object({ id: id.openapi({ param: { name: 'id', in: 'path' } }) })

export const money = z
  .object({ fen: z.string().openapi({ example: '1234' }), currency: z.literal('CNY') })
  .openapi('Money', { description: 'Whole fen as a decimal string.' })

export const moment = z.iso.datetime()

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for; PostgreSQL takes no NUL
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

/** Text that people type: trimmed, without control characters. */
export const words = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .refine((text) => !control.test(text), { error: 'no control characters' })

/** A whole number that may exceed what a float holds: a decimal string, or a number. Read as its shortest decimal string. */
export const count = z
  .union([z.string().regex(/^\d{1,18}$/), z.int().min(0)])
  .transform((value) => BigInt(value).toString())

/** An amount of fen in a body: a decimal string. */
export const fenText = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform((value) => BigInt(value).toString())

export const page = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** `next` of the page before. */
  cursor: id.optional(),
})

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    field: z.string().optional(),
    errors: z.array(z.object({ field: z.string(), code: z.string(), message: z.string() })).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('Problem')

/** What a route may answer beside its success. */
export const problems = {
  '4XX': {
    description: 'A refusal, or input that is not as expected',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
  '5XX': {
    description: 'A fault, or a dependency that is away',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const

export const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
})

export const body = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
})

export const bearer = [{ bearer: [] }, { cookie: [] }]
