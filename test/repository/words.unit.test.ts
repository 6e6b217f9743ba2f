import { expect, it } from 'vitest'
import { filesOf, textOf } from './files.ts'

/**
 * Words that the project used for what the field has names for (docs/glossary.md), and what to say instead.
 * Only such as have no plain use here.
 */
const retired: Record<string, RegExp> = {
  'notify, sync, say': /^(un)?told$|^tell(s|ing|ers?)?$/,
  'get, learn, read': /^(un)?heard$|^hears?$/,
  'request, choice': /^wish(es|ed)?$/,
  resolve: /^judg(e|es|ed|ing)$/,
  'gate supervisor': /^keepers?$/,
  'ticket consumer': /^drains?$/,
  jobs: /^relays?$/,
  'fast path, fallback': /^roads?$/,
  'harness, test system': /^rigs?$/,
  'job, poll loop': /^dut(y|ies)$/,
  batcher: /^gathered$/,
  'reject, rejection': /^mistrusts?$/,
}

/** The words of a text, those inside of names too: `wishToClose` has three. */
const wordsIn = (text: string): Set<string> =>
  new Set(
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z]+/g),
  )

// The change log says what was called what; migrations are written once.
const files = filesOf('*.ts', '*.mjs', '*.cjs', '*.lua', '*.md').filter(
  (file) => !/^(CHANGELOG\.md|db\/migrations\/|test\/repository\/words)/.test(file),
)

it.each(Object.entries(retired))('says %s by that name', (_, old) => {
  const found = files.flatMap((file) =>
    [...wordsIn(textOf(file))].filter((word) => old.test(word)).map((word) => `${file}: ${word}`),
  )
  expect(found).toEqual([])
})
