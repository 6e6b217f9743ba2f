import type { z } from 'zod'
import { ConfigurationError } from '../domain/configuration.ts'

/**
 * Reads and checks variables; an empty one counts as unset.
 * @throws {ConfigurationError} naming every variable that is wrong, and the remedy
 */
export function readEnv<T>(schema: z.ZodType<T>, env: Record<string, string | undefined>): T {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''))
  const read = schema.safeParse(set)
  if (read.success) return read.data
  const lines = read.error.issues.map(
    (issue) => `  ${issue.path.join('.') || 'configuration'}: ${issue.message}`,
  )
  throw new ConfigurationError(
    `The configuration is not complete:\n${lines.join('\n')}\n` +
      'Set these variables and start again; docs/operations.md describes each.',
  )
}
