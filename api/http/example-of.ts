/** The parts of a JSON Schema that an example is made of. */
type JsonSchema = {
  $ref?: string
  example?: unknown
  enum?: unknown[]
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
}

/** An example of a schema, made of the examples of its fields. References are looked up in `document`. */
export function exampleOf(schema: JsonSchema, document: object): unknown {
  if (schema.example !== undefined) return schema.example
  if (schema.$ref !== undefined) return exampleOf(resolve(schema.$ref, document), document)
  if (schema.enum) return schema.enum[0]
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  if (first) return exampleOf(first, document)
  if (schema.items) return [exampleOf(schema.items, document)]
  const fields = Object.entries(schema.properties ?? {})
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, document)]))
}

function resolve(ref: string, document: object): JsonSchema {
  let found: unknown = document
  for (const part of ref.split('/').slice(1))
    found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined
  if (typeof found !== 'object' || found === null) throw new Error(`the document has no ${ref}`)
  return found
}
