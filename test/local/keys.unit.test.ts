import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { keysOf } from '../../local/keys.ts'

it('a state folder’s keys stay as they are, and a version that knows more adds what is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-keys-'))
  const first = await keysOf(folder)
  expect(await keysOf(folder)).toEqual(first)

  const file = join(folder, 'keys', 'keys.json')
  const { alipayMerchant: _, alipayPlatform: __, wechatV2Key: ___, ...earlier } = first
  writeFileSync(file, JSON.stringify(earlier))
  const later = await keysOf(folder)
  expect(later).toMatchObject(earlier)
  expect(later.alipayMerchant.privateKey).toContain('-----BEGIN PRIVATE KEY-----')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(later)
  rmSync(folder, { recursive: true })
})
