import { z } from 'zod'
import { ConfigurationError } from '../domain/configuration.ts'
import type { PaymentProvider } from './provider.ts'

/** A provider that is configured, and the merchant and app that it has to name for money to be ours. */
export type Configured = { provider: PaymentProvider; account: { merchant: string; app: string } }

/** Where providers reach this API: notify and return addresses are made of it. */
export const publicVariables = {
  PUBLIC_URL: z.url({ error: 'where providers reach this API, e.g. https://shop.example' }).optional(),
}

/** A variable that holds a key or certificate in PEM. */
export const pem = (kind: string) =>
  z
    .string()
    .includes('-----BEGIN', { error: `a ${kind} in PEM form, with its BEGIN and END lines` })
    .optional()

type Variables = Record<string, string | undefined>

/**
 * A provider's own variables, all of them; undefined when none is set, so that the provider does not appear.
 *
 * @param shared Needed too, but does not count as configuring the provider.
 * @throws {ConfigurationError} naming what is missing, when the provider is half configured
 */
export function allOrNone<O extends Variables, S extends Variables>(
  provider: string,
  own: O,
  shared: S,
): { [K in keyof (O & S)]: string } | undefined {
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

/**
 * An adapter names wrong fields, `field` or `field.part`; the operator knows variables. Translates the one
 * into the other.
 * @throws {ConfigurationError} for whatever `make` throws
 */
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
