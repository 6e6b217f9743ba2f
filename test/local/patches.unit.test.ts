import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../db/client.ts'
import { applyPatches } from '../../local/patches.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patches-'))
  cpSync(join(root, 'node_modules/postgres'), join(folder, 'postgres'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))
const connection = () => join(folder, 'postgres/src/connection.js')

it('the driver that runs here is the patched one', async () => {
  expect(postgres('postgres://127.0.0.1:1/none')).toHaveProperty('rejectsAfterReset', true)
  await connect('postgres://127.0.0.1:1/none').close()
})

it('patches are applied once, however often', () => {
  const patched = readFileSync(connection(), 'utf8')
  applyPatches(folder)
  expect(readFileSync(connection(), 'utf8')).toBe(patched)
})

it('a file that is not what the patch was made from is left alone, and named', () => {
  writeFileSync(
    connection(),
    readFileSync(connection(), 'utf8').replace('function nextWrite(', 'function another('),
  )
  const before = readFileSync(connection(), 'utf8')
  expect(() => applyPatches(folder)).toThrow('connection.js is not what the patch was made from')
  expect(readFileSync(connection(), 'utf8')).toBe(before)
})

it('another version of the package is refused', () => {
  const file = join(folder, 'postgres/package.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"version": "3.4.9"', '"version": "3.5.0"'))
  expect(() => applyPatches(folder)).toThrow('postgres 3.5.0 is installed')
})
