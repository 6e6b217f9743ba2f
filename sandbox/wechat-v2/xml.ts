import { randomBytes } from 'node:crypto'

export type Fields = Record<string, string>

/** WeChat's flat XML, in CDATA as WeChat writes it; no value that it carries holds the end of one. */
export const xmlOf = (fields: Fields, root = 'xml'): string =>
  `<${root}>\n${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value.replaceAll(']]>', '')}]]></${name}>\n`)
    .join('')}</${root}>`

/** Reads a merchant's flat XML, leniently: what it can't read is missing, and then the sign doesn't fit. */
export const fieldsOf = (xml: string): Fields =>
  Object.fromEntries(
    [...xml.matchAll(/<([a-z]\w*)>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1>/g)].map(
      ([, name = '', cdata, text]) => [name, cdata ?? unescaped(text ?? '')],
    ),
  )

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * A text outside CDATA as it was before it was escaped: what is signed is the value, and not how XML writes
 * it.
 */
const unescaped = (text: string): string =>
  text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, ...[hex, decimal, name]: (string | undefined)[]) => {
      if (name !== undefined) return entities[name] ?? whole
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
    },
  )

/** A fresh random text, 32 characters. */
export const nonce = (): string => randomBytes(16).toString('hex')
