import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describedApi } from './described.ts'

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Closes every object, so that a field which is not described is a difference, too. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed)
  if (!isNode(node)) return node
  const entries = Object.entries(node)
    .filter(([key]) => key !== 'mapping') // Of a discriminator: the branches say the same.
    .map(([key, value]) => [key, closed(value)])
  const open = isNode(node.properties) && node.type !== undefined && node.additionalProperties === undefined
  return { ...Object.fromEntries(entries), ...(open && { additionalProperties: false }) }
}

const document = closed(describedApi()) as { paths: Record<string, Record<string, Node>> } // As it was.
const ajv = new Ajv2020({ strict: false, allErrors: true, discriminator: true })
formats.default(ajv)
ajv.addSchema(document, 'api')

const templates = Object.keys(document.paths)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }))
  .sort((a, b) => a.path.split('{').length - b.path.split('{').length)

const escaped = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

/**
 * How an answer differs from what the document says of its route, status, headers and body; nothing when it
 * does not.
 */
export async function differences(method: string, path: string, answer: Response): Promise<string[]> {
  const template = templates.find(({ pattern }) => pattern.test(path))?.path
  const operation = template && document.paths[template]?.[method.toLowerCase()]
  if (!template || !operation) return []
  const at = `${method} ${template} → ${answer.status}`
  const described = (operation.responses as Record<string, Node>)[answer.status]
  if (!described) return [`${at} is no status of this route: ${await answer.text()}`]
  const headers = differentHeaders(answer, resolved(described.headers))
  if (headers.length > 0) return headers.map((header) => `${at} ${header}`)
  const type = answer.headers.get('content-type')?.split(';')[0]
  if (!isNode(described.content)) return type ? [`${at} has a body: ${type}`] : []
  if (!type || !described.content[type]) return [`${at} is ${type}`]
  if (!type.endsWith('json')) return []
  const holds = schemaAt([template, method.toLowerCase(), String(answer.status), type])
  const body: unknown = JSON.parse(await textOf(answer))
  if (holds(body)) return []
  return [`${at}: ${ajv.errorsText(holds.errors)}\n${JSON.stringify(body)}`]
}

const compiled = new Map<string, ValidateFunction>()

/** The schema of an answer, compiled once: that takes longer than most tests. */
function schemaAt([path = '', method = '', status = '', type = '']: string[]): ValidateFunction {
  const pointer = ['paths', path, method, 'responses', status, 'content', type, 'schema']
    .map(escaped)
    .join('/')
  const holds = compiled.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` })
  compiled.set(pointer, holds)
  return holds
}

/** A body as it was before it was compressed. */
async function textOf(answer: Response): Promise<string> {
  const bytes = Buffer.from(await answer.arrayBuffer())
  const encoding = answer.headers.get('content-encoding')
  if (encoding === 'br') return brotliDecompressSync(bytes).toString()
  return (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()
}

const headersOfApi = [
  ...['cache-control', 'etag', 'location', 'retry-after', 'www-authenticate', 'content-language'],
  ...['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'x-cart'],
]

/** Headers of the API that the answer has and that are not described, or that it lacks or has otherwise. */
function differentHeaders({ headers }: Response, described: Record<string, Node>): string[] {
  return headersOfApi.flatMap((name) => {
    const [value, header] = [headers.get(name), described[name]]
    if (value === null) return header?.required ? [`has no ${name}`] : []
    if (!header) return [`has ${name}, which is not described`]
    const { enum: values } = header.schema as { enum?: string[] } // A header's.
    return values && !values.includes(value) ? [`has ${name}: ${value}`] : []
  })
}

/** Described headers by their names in lower case, their references followed. */
function resolved(headers: unknown): Record<string, Node> {
  // It has some.
  const { components } = document as unknown as { components: { headers: Record<string, Node> } }
  const follow = (header: Node) =>
    typeof header.$ref === 'string' ? (components.headers[header.$ref.split('/').at(-1) ?? ''] ?? {}) : header
  return Object.fromEntries(
    Object.entries(isNode(headers) ? headers : {}).map(([name, header]) => [
      name.toLowerCase(),
      follow(header as Node), // A header, or a reference to one.
    ]),
  )
}

/** A fetch whose answers are held to the document; how they differ is added to `found`. */
export function heldToDocument<A extends unknown[]>(
  fetch: (request: Request, ...rest: A) => Response | Promise<Response>,
  found: string[],
) {
  return async (request: Request, ...rest: A): Promise<Response> => {
    const { method, url } = request
    const answer = await fetch(request, ...rest)
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream')
    if (!isStream) found.push(...(await differences(method, new URL(url).pathname, answer.clone())))
    return answer
  }
}
