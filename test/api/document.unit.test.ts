import { createConfig, lintFromString } from '@redocly/openapi-core'
import { describe, expect, it } from 'vitest'
import { describedApi } from './described.ts'

const document = describedApi()
const source = JSON.stringify(document)

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** Every field of every schema, and every parameter, by where it stands. */
function* fields(node: unknown, at = ''): Generator<[string, Node]> {
  if (!isNode(node)) return
  if (isNode(node.properties))
    for (const [name, field] of Object.entries(node.properties))
      if (isNode(field)) yield [`${at}.${name}`, field]
  if (node.in !== undefined && isNode(node.schema)) yield [`${at} ${node.name}`, node]
  for (const [key, child] of Object.entries(node))
    if (key !== 'example' && key !== 'examples') yield* fields(child, `${at}/${key}`)
}
const all = [...fields(document)]

/** Whether a field says it itself, or the component does that it refers to. */
function says(field: Node, key: string): boolean {
  const { schemas } = document.components as unknown as { schemas: Record<string, Node> } // It has some.
  if (field[key] !== undefined || (isNode(field.schema) && field.schema[key] !== undefined)) return true
  if (Array.isArray(field.allOf)) return field.allOf.some((part) => says(part, key))
  if (typeof field.$ref === 'string') return schemas[field.$ref.split('/').at(-1) ?? '']?.[key] !== undefined
  return false
}
const operations = Object.values(document.paths ?? {}).flatMap((path) =>
  Object.values(path as Record<string, Node>),
)

describe('the document of the API', () => {
  it('is clean by redocly’s strict rules', async () => {
    // Health checks refuse nothing; which statuses there are follows from the code, and tests hold answers to
    // it.
    const rules = { 'operation-4xx-response': 'off' as const }
    const config = await createConfig({ extends: ['recommended-strict'], rules })
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config })
    expect(found.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
  }, 60_000)

  it('describes every field and parameter', () => {
    expect(all.length).toBeGreaterThan(700)
    expect(all.filter(([, field]) => !says(field, 'description')).map(([at]) => at)).toEqual([])
  })

  it('shows an example of every text and number', () => {
    const plain = all.filter(([, { type, enum: values }]) => {
      return values === undefined && [type].flat().some((one) => /string|integer|number/.test(String(one)))
    })
    expect(plain.filter(([, field]) => !says(field, 'example')).map(([at]) => at)).toEqual([])
  })

  it('names every operation, and nothing twice', () => {
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => !/^[a-z][a-zA-Z]+$/.test(String(id)))).toEqual([])
  })

  it('says of every error which codes there are, and gives an example of each', () => {
    for (const { operationId, responses } of operations)
      for (const [status, answer] of Object.entries(responses as Record<string, Node>)) {
        if (Number(status) < 400) continue
        const content = answer.content as Record<string, { schema: Node; examples: Node }>
        const { schema, examples } = content['application/problem+json'] ?? { schema: {}, examples: {} }
        const refs = (Array.isArray(schema.oneOf) ? schema.oneOf : [schema]).map((one) => one.$ref)
        const codes = Object.keys(examples)
        expect([operationId, status, refs.length]).toEqual([operationId, status, codes.length])
        expect(codes).not.toEqual([])
      }
  })

  it('can fail: two operations of one name are found', async () => {
    const config = await createConfig({ rules: { 'operation-operationId-unique': 'error' } })
    const broken = source.replace('"operationId":"placeOrder"', '"operationId":"listOrders"')
    const found = await lintFromString({ source: broken, absoluteRef: 'openapi.json', config })
    expect(found.map(({ ruleId }) => ruleId)).toEqual(['operation-operationId-unique'])
  })
})
