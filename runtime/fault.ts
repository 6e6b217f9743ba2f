/** What may be logged of a fault. */
export type Fault = {
  kind: string
  message: string
  code?: string
  constraint?: string
  at?: string[]
}

/**
 * What may be logged of a fault: kind, message, code, the constraint's name, and where it happened. A
 * driver's query, parameters and details hold personal data, so they are left out, and so is what PostgreSQL
 * quotes of a value.
 */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error))
    return { kind: typeof error, message: 'something that is no error was thrown' }
  const cause = innermost(error)
  const code = textOf(cause, 'code')
  const constraint = textOf(cause, 'constraint_name')
  return {
    kind: cause.name,
    message: code?.startsWith(dataException) ? cause.message.replace(/"[^"]*"/g, '"…"') : cause.message,
    ...(code === undefined ? {} : { code }),
    ...(constraint === undefined ? {} : { constraint }),
    at: (cause.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
  }
}

/**
 * PostgreSQL's class 22: its message quotes the value.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const dataException = '22'

/** drizzle wraps the database's error in one whose message is the query with its parameters. */
const innermost = (error: Error): Error => (error.cause instanceof Error ? innermost(error.cause) : error)

function textOf(error: object, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : undefined
}
