import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** One flat document of WeChat Pay v2: names and texts. What is absent is undefined. */
export type Fields = Readonly<Record<string, string | undefined>>

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false, // The sign is over the texts as they came.
})

/**
 * Reads a flat XML document with this root. Two parsers could read any other document in two ways, and only
 * one of them was signed.
 * @returns undefined for what is not well-formed, declares a document type or entities, nests, or names
 *   anything twice
 */
export function readXml(text: string, root: 'xml' | 'root'): Fields | undefined {
  if (/<!\s*(?:DOCTYPE|ENTITY)/i.test(text)) return undefined
  try {
    if (XMLValidator.validate(text) !== true) return undefined
    const read: unknown = parser.parse(text)
    const [top, ...others] = entriesOf(read)
    return top?.[0] === root && others.length === 0 ? flat(top[1]) : undefined
  } catch {
    return undefined // The parser throws at names such as `__proto__`.
  }
}

function flat(read: unknown): Fields | undefined {
  const fields = entriesOf(read)
  const readable = fields.every(
    (field): field is [string, string] => /^[A-Za-z]\w*$/.test(field[0]) && typeof field[1] === 'string',
  )
  return readable && fields.length > 0 ? Object.fromEntries(fields) : undefined
}

/** Text between the elements may be blank; other text is kept, under its `#` name, and refused. */
const entriesOf = (read: unknown): [string, unknown][] =>
  typeof read === 'object' && read !== null
    ? Object.entries(read).filter(
        ([name, value]) => !(name === '#text' && typeof value === 'string' && value.trim() === ''),
      )
    : []
