import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { filesOf, textOf } from './files.ts'

const most = 110

/** What nobody reads as code: generated, recorded, or another party's format. */
const exempt =
  /^(db\/migrations|test\/replay\/histories|package-lock)|bills?\.ts$|bill-source\.ts$|vector\.ts$/

/** A line without the texts in it: a message is not broken in two for its width, what is around it is. */
const withoutTexts = (line: string): string =>
  line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '')

it(`no line of code, comment or SQL has more than ${most} columns`, () => {
  const files = filesOf('*.ts', '*.mts', '*.mjs', '*.cjs', '*.lua').filter(
    (file) => !exempt.test(file) && existsSync(file),
  )
  const wide = files.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, i) =>
        line.length > most && withoutTexts(line).length > most ? [`${file}:${i + 1}`] : [],
      ),
  )
  expect(wide).toEqual([])
})
