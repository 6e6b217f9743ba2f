import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { problemTexts } from '../../api/http/errors/problem-texts.ts'
import { filesOf, textOf } from './files.ts'

const english = filesOf('docs/*.md').filter(
  (page) => /^docs\/[\w-]+\.md$/.test(page) && !/dependencies/.test(page),
)
const chineseOf = (page: string): string => page.replace('docs/', 'docs/zh-CN/')

/** A page's headings by their depth, blocks of code left out. */
const depthsOf = (page: string): number[] =>
  [
    ...textOf(page)
      .replace(/```[\s\S]*?```/g, '')
      .matchAll(/^(#+) /gm),
  ].map(([, marks = '']) => marks.length)

describe('the Chinese documents', () => {
  it.each([
    ...english.map((page) => [page, chineseOf(page)] as const),
    ['README.md', 'README.zh-CN.md'] as const,
  ])('%s has every section in %s', (page, chinese) => {
    expect(existsSync(chinese)).toBe(true)
    expect(depthsOf(chinese)).toEqual(depthsOf(page))
  })
})

describe('what a buyer reads in Chinese', () => {
  it.each(Object.entries(problemTexts))('%s has the punctuation of Chinese', (_, { zh }) => {
    expect(`${zh.title}${zh.detail}`).not.toMatch(/[\u4e00-\u9fff][,.;:!?]|[,.;:!?][\u4e00-\u9fff]/)
  })
})
