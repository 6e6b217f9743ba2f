import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesOf, textOf } from './files.ts'

const pages = filesOf('*.md').filter((page) => page !== 'CHANGELOG.md' && existsSync(page))
const code = filesOf('*.ts', '*.mts', '*.mjs', '*.lua', '*.cjs', 'package.json').filter((file) =>
  existsSync(file),
)
const folders = new Set(
  code.flatMap((file) => file.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))),
)
const sources = code.map(textOf).join('\n')

/** What a page sets as code, outside of blocks. */
const spansOf = (page: string): string[] =>
  [
    ...textOf(page)
      .replace(/```[\s\S]*?```/g, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, span = '']) => span)

const looksLikePath = (span: string): boolean =>
  /^[\w.-]+(\/[\w.-]+)+$/.test(span) && /\.(ts|lua|mjs|json)$/.test(span)

describe.each(pages)('%s', (page) => {
  it('names only files that are there', () => {
    const missing = spansOf(page)
      .filter(looksLikePath)
      .filter((path) => !existsSync(path) && !existsSync(join('test', path)))
    expect(missing).toEqual([])
  })

  it('names only functions that are there', () => {
    const functions = spansOf(page).flatMap((span) => /^([a-z]\w+)\([^)]*\)$/.exec(span)?.[1] ?? [])
    expect(functions.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([])
  })

  it('links only to pages, pictures and headings that are there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(#[^)\s]*)?\)/g)]
    const broken = links
      .map(([, to = '']) => normalize(join(dirname(page), to)))
      .filter((path) => !existsSync(path) && !folders.has(path.replace(/\/$/, '')))
    expect(broken).toEqual([])
  })
})

describe.each(['README.md', 'README.zh-CN.md'])('the promises of %s', (page) => {
  const rows = [...textOf(page).matchAll(/^\|[^|\n]+\| `([^`]+\.test\.ts)` \| ([^|\n]+) \|$/gm)]
  const plain = (text: string): string => text.replaceAll('’', "'").replaceAll('\\', '').trim()

  it('are many', () => {
    expect(rows.length).toBeGreaterThan(30)
  })

  it.each(rows.map(([, file = '', title = '']) => [file, plain(title)]))('%s: %s', (file, title) => {
    const path = join('test', file)
    expect(existsSync(path)).toBe(true)
    expect(plain(textOf(path))).toContain(title)
  })
})
