/**
 * Mutants of SQL, which Stryker does not know: it takes a template as a text. Each changes one thing that a
 * statement promises: a condition, a comparison, a sign, a lock, an order, a literal.
 */
type Rule = { find: RegExp; put: (found: string) => string }

const swapped: Readonly<Record<string, string>> = {
  ...{ ' < ': ' <= ', ' <= ': ' < ', ' > ': ' >= ', ' >= ': ' > ', ' + ': ' - ', ' - ': ' + ' },
  ...{ 'least(': 'greatest(', 'greatest(': 'least(', 'min(': 'max(', 'max(': 'min(' },
  ...{ 'IS NULL': 'IS NOT NULL', 'IS NOT NULL': 'IS NULL', 'NOT EXISTS': 'EXISTS', ' AND ': ' OR ' },
}

const rules: readonly Rule[] = [
  { find: /^[ \t]*AND [^\n]*\n?/gm, put: () => '' },
  { find: /\b(?:least|greatest|min|max)\(|\bIS (?:NOT )?NULL|\bNOT EXISTS/g, put: (it) => swapped[it] ?? '' },
  { find: / (?:<|<=|>|>=|\+|-) /g, put: (it) => swapped[it] ?? '' },
  { find: /(?<=\b(?:WHERE|ON|WHEN) (?:(?!AND|OR)[^\n])*) AND /g, put: () => ' OR ' },
  { find: /(?<=\b(?:WHERE|AND|OR|ON|WHEN) [\w."]+) = /g, put: () => ' <> ' },
  { find: /\bFOR UPDATE(?: OF \w+)?(?: SKIP LOCKED)?/g, put: () => '' },
  { find: /^[ \t]*ORDER BY [^\n]*$/gm, put: () => '' },
  { find: /\bLIMIT \S+/g, put: () => '' },
  { find: /\bDISTINCT | DESC\b/g, put: () => '' },
  { find: /'[a-z_]+'/g, put: () => "'mutant'" },
]

/** The statement with one thing changed, once for each thing that can be. A hole (`${…}`) is `\0<n>\0`. */
export function sqlMutants(text: string): string[] {
  return rules.flatMap(({ find, put }) =>
    [...text.matchAll(find)]
      .filter(([found]) => isBalanced(found) || bracketsOf(found) === bracketsOf(put(found)))
      .map(({ 0: found, index }) => text.slice(0, index) + put(found) + text.slice(index + found.length)),
  )
}

const bracketsOf = (text: string): string => text.replace(/[^()]/g, '')

/** Whether brackets that open in a text close in it. */
function isBalanced(text: string): boolean {
  let open = 0
  for (const sign of text) {
    if (sign === '(') open++
    if (sign === ')' && --open < 0) return false
  }
  return open === 0
}

type Quasi = { type: string; value: { raw: string; cooked?: string }; tail: boolean }
type Node = { type: string; tag?: { name?: string }; quasi?: { quasis: Quasi[]; expressions: object[] } }

/** A mutator of Stryker's instrumenter: it is asked for each node of the syntax tree. */
export const sqlMutator = {
  name: 'Sql',
  *mutate({ node }: { node: Node }): Iterable<Node> {
    const { type, tag, quasi } = node
    if (type !== 'TaggedTemplateExpression' || !quasi || !/^(sql|tx)$/.test(tag?.name ?? '')) return
    const text = quasi.quasis
      .map(({ value }, i) => (i === 0 ? value.raw : `\0${i - 1}\0${value.raw}`))
      .join('')
    for (const mutant of sqlMutants(text)) {
      const parts = mutant.split('\0')
      const raws = parts.filter((_, i) => i % 2 === 0)
      const holes = parts.filter((_, i) => i % 2 === 1).map(Number)
      const quasis = raws.map((raw, i) => quasiOf(raw, i === raws.length - 1))
      const expressions = holes.map((hole) => quasi.expressions[hole])
      yield { ...node, quasi: { ...quasi, quasis, expressions } as NonNullable<Node['quasi']> } // As it was.
    }
  },
}

const quasiOf = (raw: string, tail: boolean): Quasi => ({
  type: 'TemplateElement',
  value: { raw, cooked: raw },
  tail,
})
