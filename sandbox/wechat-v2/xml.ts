import { randomBytes } from 'node:crypto'

export type Fields = Record<string, string>

/** WeChat's flat XML. CDATA, as WeChat writes it; no value that it is asked to carry holds the end of one. */
export const xmlOf = (fields: Fields, root = 'xml'): string =>
  `<${root}>\n${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value.replaceAll(']]>', '')}]]></${name}>\n`)
    .join('')}</${root}>`

/** Reads a merchant's flat XML, leniently: what it can't read is missing, and the sign doesn't fit then. */
export const fieldsOf = (xml: string): Fields =>
  Object.fromEntries(
    [...xml.matchAll(/<([a-z]\w*)>(?:<!\[CDATA\[([\s\S]*?)\]\]>|([^<]*))<\/\1>/g)].map(
      ([, name = '', cdata, text]) => [name, cdata ?? text ?? ''],
    ),
  )

export const nonce = (): string => randomBytes(16).toString('hex')
