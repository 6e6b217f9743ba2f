import { z } from 'zod'

/**
 * What an operator has to know of a configuration variable; default, bounds and choices come from its schema.
 */
export type About = {
  /** What it means and, where that is not plain, what to choose. */
  meaning: string
  unit?: string
  example?: string
  /** Which processes need it; `all`, unless it says otherwise. */
  neededBy?: string
}

const abouts = new WeakMap<z.ZodType, About>()

/** A configuration variable: its schema, and what the table in docs/operations.md says about it. */
export function variable<T extends z.ZodType>(schema: T, about: About): T {
  abouts.set(schema, about)
  return schema
}

/** The same for a group of schemas that are declared elsewhere: none can be forgotten. */
export function variables<T extends z.ZodRawShape>(schemas: T, about: { [K in keyof T]: About }): T {
  // Keys of both.
  for (const name of Object.keys(schemas)) abouts.set(schemas[name] as z.ZodType, about[name] as About)
  return schemas
}

/** The names of a group's variables that nobody has described. */
export const undescribed = (schemas: z.ZodRawShape): string[] =>
  Object.entries(schemas).flatMap(([name, schema]) => (abouts.has(schema as z.ZodType) ? [] : [name]))

/** The table of all variables, in Markdown: what docs/operations.md shows between its marks. */
export function variablesTable(schemas: z.ZodRawShape): string {
  const json = z.toJSONSchema(z.object(schemas), { unrepresentable: 'any', io: 'input' })
  const rows = Object.keys(schemas).map((name) => {
    const about = abouts.get(schemas[name] as z.ZodType) // A schema of ours.
    const shape = json.properties?.[name]
    const cells = [
      `\`${name}\``,
      about?.neededBy ?? 'all',
      about?.meaning ?? '',
      about?.unit ?? '',
      rangeOf(shape),
      defaultOf(schemas[name] as z.ZodType),
      about?.example ? `\`${about.example}\`` : '',
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  const head = ['variable', 'needed by', 'meaning', 'unit', 'range', 'default', 'example']
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n')
}

/** Larger than any bound that is meant: what a schema of whole numbers has by itself. */
const unbounded = Number.MAX_SAFE_INTEGER

function rangeOf(shape: unknown): string {
  if (typeof shape !== 'object' || shape === null) return ''
  const {
    enum: choices,
    minimum,
    exclusiveMinimum,
    maximum,
    minLength,
    maxLength,
  } = shape as {
    enum?: string[]
    minimum?: number
    exclusiveMinimum?: number
    maximum?: number
    minLength?: number
    maxLength?: number
  } // As JSON Schema names them.
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ')
  const low = minimum !== undefined && minimum > -unbounded ? minimum : undefined
  const high = maximum !== undefined && maximum < unbounded ? maximum : undefined
  if (low !== undefined && high !== undefined) return `${low}–${high}`
  if (low !== undefined) return `${low} or more`
  if (exclusiveMinimum !== undefined) return `above ${exclusiveMinimum}`
  if (minLength !== undefined && minLength === maxLength) return `${minLength} characters`
  return minLength !== undefined && minLength > 1 ? `${minLength} characters or more` : ''
}

function defaultOf(schema: z.ZodType): string {
  const read = schema.safeParse(undefined)
  if (!read.success) return 'required'
  return read.data === undefined || typeof read.data === 'object' ? '–' : `\`${read.data}\``
}
