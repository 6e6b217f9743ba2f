import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.close())

const ask = (token: string, path = '/v1/addresses') =>
  fetch(harness.url + path, { headers: { authorization: `Bearer ${token}` } })

describe('npm run tokens', () => {
  const run = async (...args: string[]) => {
    const command = fileURLToPath(new URL('../../workers/tokens-cli.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', command, ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: harness.databaseUrl },
    })
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { code: Number(code), said: out + err }
  }

  it('withdraws and blocks, and says what it can do when it is asked for something else', async () => {
    const { id, token } = await harness.newBuyer()
    expect((await ask(token)).status).toBe(200)
    expect(await run('withdraw', '--user', id)).toMatchObject({ code: 0 })
    await vi.waitFor(async () => expect((await ask(token)).status).toBe(401), { timeout: 10_000 })
    await harness.db.sql`INSERT INTO users (id) VALUES (${id})`
    expect(await run('block', '--user', id)).toMatchObject({ code: 0 })
    expect(await harness.db.sql`SELECT blocked FROM users WHERE id = ${id}`).toEqual([{ blocked: true }])
    for (const args of [[], ['withdraw'], ['withdraw', '--user', id, '--everybody'], ['block'], ['go']])
      expect(await run(...args)).toMatchObject({
        code: 1,
        said: expect.stringContaining('npm run tokens --'),
      })
    expect(await run('block', '--user', '1')).toEqual({ code: 1, said: 'There is no user 1.\n' })
  })
})
