import { z } from 'zod'
import { ConfigurationError } from '../domain/configuration.ts'
import type { PaymentProvider } from './provider.ts'

/** A provider that is configured, and the merchant and app that it has to name for money to be ours. */
export type Configured = { provider: PaymentProvider; account: { merchant: string; app: string } }

/** Where providers reach this API: what notify and return addresses are made of. */
export const publicVariables = {
  PUBLIC_URL: z.url({ error: 'where providers reach this API, e.g. https://shop.example' }).optional(),
}

export const pem = (kind: string) =>
  z
    .string()
    .includes('-----BEGIN', { error: `a ${kind} in PEM form, with its BEGIN and END lines` })
    .optional()

/**
 * A provider's own variables, all of them; undefined when none is set, so that the provider does not appear. Throws, naming what is missing,
 * when it is half configured; `shared` is needed too, and does not count as configuring it.
 */
export function allOrNone<
  O extends Record<string, string | undefined>,
  S extends Record<string, string | undefined>,
>(provider: string, own: O, shared: S): { [K in keyof (O & S)]: string } | undefined {
  if (Object.values(own).every((value) => value === undefined)) return undefined
  const all = { ...shared, ...own }
  const missing = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [name] : []))
  const prefix = Object.keys(own)[0]?.match(/^[A-Z0-9]+_(V\d_)?/)?.[0] ?? ''
  if (missing.length > 0)
    throw new ConfigurationError(
      `${provider} is half configured: set ${missing.join(', ')}, or remove all ${prefix} variables`,
    )
  return all as { [K in keyof (O & S)]: string } // None is missing.
}

/** An adapter names its fields when they are wrong, `field` or `field.part`; whoever configures it knows variables. */
export function namingVariables<T>(variableOf: Readonly<Record<string, string>>, make: () => T): T {
  try {
    return make()
  } catch (error) {
    const { message } = error as Error // The adapters throw nothing else.
    throw new ConfigurationError(
      message.replace(
        /^ {2}((\w+)[^:]*):/gm,
        (_, part: string, field: string) => `  ${variableOf[part] ?? variableOf[field] ?? part}:`,
      ),
    )
  }
}
