import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { keysOf } from '../../dev/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'floodgate-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'keys', 'keys.json')

it('keeps the keys of a state folder, and makes those that an earlier version’s file lacks', async () => {
  const first = await keysOf(folder)
  expect(first.wechatV2Key).toMatch(/^[0-9a-f]{32}$/)
  expect(await keysOf(folder)).toEqual(first)
  const { wechatV2Key: _, ...earlier } = first
  writeFileSync(file, JSON.stringify(earlier))
  const completed = await keysOf(folder)
  expect(completed).toEqual({ ...earlier, wechatV2Key: expect.stringMatching(/^[0-9a-f]{32}$/) })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(completed)
})
