import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { merchantKeys, platformKeys, shared } from '../providers/wechat-v3/harness.ts'

describe('the sandbox’s process', () => {
  const start = (env: Record<string, string>) =>
    spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const env = {
    SANDBOX_PORT: '0',
    SANDBOX_MCH_ID: shared.mchId,
    SANDBOX_APP_ID: shared.appId,
    SANDBOX_MERCHANT_SERIAL: shared.serial,
    SANDBOX_MERCHANT_PUBLIC_KEY: merchantKeys.publicKey,
    SANDBOX_PLATFORM_KEY_ID: shared.platformKeyId,
    SANDBOX_PLATFORM_PRIVATE_KEY: platformKeys.privateKey,
    SANDBOX_API_KEY: shared.apiKey,
  }

  it('serves until a signal ends it', async () => {
    const child = start(env)
    const [line] = await once(child.stdout, 'data')
    const url = /http:\S+/.exec(String(line))?.[0] ?? ''
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true })
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('stops at once and names every variable that is missing or wrong', async () => {
    const { SANDBOX_MCH_ID: _, ...rest } = env
    const child = start({ ...rest, SANDBOX_API_KEY: 'short', SANDBOX_PLATFORM_PRIVATE_KEY: 'x' })
    const said: string[] = []
    child.stderr.on('data', (data) => said.push(String(data)))
    const [code] = await once(child, 'close')
    expect(code).toBe(1)
    expect(said.join('')).toContain('SANDBOX_MCH_ID: is missing')
    expect(said.join('')).toContain('SANDBOX_API_KEY: must have exactly 32 characters')
    expect(said.join('')).toContain('SANDBOX_PLATFORM_PRIVATE_KEY: must be a private key in PEM')
  })
})
