import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './children/child.ts'
import { appEnvironment, sandboxEnvironment } from './environment.ts'
import { type Keys, keysOf } from './keys.ts'
import { showProgress } from './progress.ts'
import { freePort } from './servers/ports.ts'
import { type Servers, type StartOptions, startServers } from './servers/start.ts'

/** The one ignored folder with everything that the local stack keeps. */
export const stateFolder = fileURLToPath(new URL('../.floodgate', import.meta.url))

export interface StackOptions extends Partial<StartOptions> {
  /** Added to the application's environment, for example `{ PAY_WITHIN_S: '20' }`. */
  readonly app?: Readonly<Record<string, string>>
  /** Added to the sandbox's environment. */
  readonly sandbox?: Readonly<Record<string, string>>
}

export interface Stack {
  readonly servers: Servers
  /** The application's own address. */
  readonly url: string
  readonly sandboxUrl: string
  readonly keys: Keys
  /** The environment that the application runs in. */
  readonly environment: Readonly<Record<string, string>>
  /** Resolves with what happened when the application or the sandbox ends by itself. */
  readonly died: Promise<string>
  /** Ends everything, the application first. */
  stop(): Promise<void>
}

/**
 * Starts the three servers, the WeChat Pay stand-in and the application, each a process of its own. Throws
 * with nothing left running.
 */
export async function startStack({
  app: appExtra,
  sandbox: sandboxExtra,
  ...options
}: StackOptions = {}): Promise<Stack> {
  const { stateDir = stateFolder, progress = showProgress, usualPorts = true } = options
  const servers = await startServers({ ...options, stateDir })
  const running: Child[] = []
  const stop = async () => {
    await Promise.all(running.map((child) => child.stop()))
    await servers.stop()
  }
  try {
    const keys = await keysOf(stateDir)
    const appPort = await freePort(usualPorts ? 3000 : undefined)
    const sandboxPort = await freePort(usualPorts ? 3100 : undefined)
    const url = `http://127.0.0.1:${appPort}`
    const sandboxUrl = `http://127.0.0.1:${sandboxPort}`
    const environment = { ...appEnvironment({ servers, appPort, sandboxPort }, keys), ...appExtra }
    const sandbox = { ...sandboxEnvironment({ sandboxPort }, keys), ...sandboxExtra }
    const applications: Application[] = [
      {
        title: 'WeChat Pay stand-in',
        name: 'sandbox',
        script: new URL('../sandbox/main.ts', import.meta.url),
        env: sandbox,
        url: sandboxUrl,
        ready: answers(sandboxUrl),
      },
      {
        title: 'Application',
        name: 'app',
        script: new URL('./app.ts', import.meta.url),
        env: environment,
        url,
        ready: answers(`${url}/readyz`, 200),
      },
    ]
    const start = async (application: Application) => {
      running.push(await startApplication(application, stateDir))
      return { about: `${application.title} ${application.url}` }
    }
    await progress(
      applications.map((application) => ({ name: application.title, run: () => start(application) })),
    )
    return {
      servers,
      url,
      sandboxUrl,
      keys,
      environment,
      died: Promise.race(running.map((child) => child.ended)),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Application {
  readonly title: string
  readonly name: string
  readonly script: URL
  readonly env: Readonly<Record<string, string>>
  readonly url: string
  readonly ready: () => Promise<boolean>
}

function startApplication({ name, script, env, ready }: Application, stateDir: string): Promise<Child> {
  const args = ['--max-semi-space-size=32', '--import', 'tsx', fileURLToPath(script)]
  return startChild({ name, command: process.execPath, args, stateDir, env, ready, stopWithinMs: 20_000 })
}

/** Whether HTTP answers there: with this status, or with any. */
function answers(url: string, status?: number): () => Promise<boolean> {
  return async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return status === undefined || response.status === status
  }
}
