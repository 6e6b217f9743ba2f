import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { apiVariables } from '../../api/environment.ts'
import { appEnvironment } from '../../local/environment.ts'
import { keysOf } from '../../local/keys.ts'
import { readEnv } from '../../runtime/environment.ts'

it('the local stack is a complete configuration, and reachable from this machine alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const servers = {
    databaseUrl: 'postgres://a:b@127.0.0.1:5432/c',
    redisUrl: 'redis://127.0.0.1:6379',
    temporalAddress: '127.0.0.1:7233',
    temporalNamespace: 'default',
    stop: async () => {},
  }
  const environment = appEnvironment({ servers, appPort: 3000, sandboxPort: 3100 }, await keysOf(folder))
  expect(readEnv(apiVariables, environment)).toMatchObject({ HOST: '127.0.0.1', HEALTH_HOST: '127.0.0.1' })
})

it('an empty port is the usual one, not any that is free', () => {
  expect(readEnv(z.object({ PORT: apiVariables.shape.PORT }), { PORT: '' })).toEqual({ PORT: 3000 })
})
