import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { filesOf, textOf } from './files.ts'

const isExportedFunction =
  /^export (default )?(async )?function|^export const \w+[^=]*= (async )?(\(|<|function|\w+ =>)/

it('every exported function says what it promises', () => {
  const files = filesOf('*.ts').filter((file) => !/^(test|db\/migrations)\//.test(file) && existsSync(file))
  const silent = files.flatMap((file) => {
    const lines = textOf(file).split('\n')
    return lines.flatMap((line, i) =>
      isExportedFunction.test(line) && !lines[i - 1]?.trim().endsWith('*/') ? [`${file}:${i + 1}`] : [],
    )
  })
  expect(silent).toEqual([])
})
