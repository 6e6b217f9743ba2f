import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { appEnvironment } from '../../local/environment.ts'
import { keysOf } from '../../local/keys.ts'
import { freePort } from '../../local/servers/ports.ts'

/** What a process of the product is configured with: the servers of this run, and a database of one's own. */
export async function environmentOf(databaseUrl: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-keys-'))
  const servers = {
    databaseUrl,
    redisUrl: inject('redisUrl'),
    temporalAddress: inject('temporalAddress'),
    temporalNamespace: 'default',
    stop: async () => {},
  }
  try {
    const ports = { appPort: await freePort(), sandboxPort: await freePort() }
    return {
      ...appEnvironment({ servers, ...ports }, await keysOf(folder)),
      ORDERS_QUEUE: `orders-${databaseUrl.split('/').at(-1)}`,
      LOG_LEVEL: 'silent',
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A process of its own. */
export type Started = {
  /** All that it has written so far, to either output. */
  said(): string
  kill(signal: NodeJS.Signals): void
  /** Resolves when it has ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/**
 * Runs a file of the repository, or of what `npm run build` made of it, by its path from there, with nothing
 * of this process's environment.
 */
export function startProcess(main: string, env: Record<string, string>): Started {
  const file = fileURLToPath(new URL(`../../${main}`, import.meta.url))
  const child = spawn(process.execPath, [...(file.endsWith('.ts') ? ['--import', 'tsx'] : []), file], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return { said: () => said, kill: (signal) => void child.kill(signal), ended }
}
