import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startChild } from '../../local/children/child.ts'
import { claim, identity, refuseIfInUse, remember, StateInUse } from '../../local/state.mjs'
import { folder } from './folder.ts'

describe('the children of a launcher', () => {
  it('are ended by the next start when the launcher was killed', async () => {
    const stateDir = folder()
    const { launcher, sleeper } = await launchSleeper(stateDir)
    await end(launcher, 'SIGKILL')
    expect(identity(sleeper), 'nobody could have ended it').toBeDefined()

    expect(await claim(stateDir)).toEqual(['sleeper'])
    expect(identity(sleeper)).toBeUndefined()
    expect(await claim(stateDir)).toEqual([])
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('end with it on %s', async (signal) => {
    const stateDir = folder()
    const { launcher, sleeper } = await launchSleeper(stateDir)
    await end(launcher, signal)
    expect(identity(sleeper)).toBeUndefined()
    expect(readdirSync(join(stateDir, 'children'))).toEqual([])
  })

  it('are left alone while it lives', async () => {
    const stateDir = folder()
    const { launcher, sleeper } = await launchSleeper(stateDir)
    await expect(claim(stateDir)).rejects.toThrow(StateInUse)
    expect(() => refuseIfInUse(stateDir)).toThrow(`process ${launcher.pid}`)
    expect(identity(sleeper)).toBeDefined()
  })

  it('are never mistaken for a later process with the same number', async () => {
    const stateDir = folder()
    const stranger = sleep()
    const pid = stranger.pid ?? 0
    remember(stateDir, { name: 'sleeper', pid, stopSignal: 'SIGTERM', stopWithinMs: 1000 })
    const file = join(stateDir, 'children', 'sleeper.json')
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), started: 'another time' }),
    )

    expect(await claim(stateDir)).toEqual([])
    expect(identity(pid)).toBeDefined()
    await end(stranger, 'SIGKILL')
    expect(identity(pid)).toBeUndefined()
  })
})

describe('startChild', () => {
  const program = (code: string) => ({ name: 'program', command: process.execPath, args: ['-e', code] })

  it('shows the last words of a child that ends before it is ready', async () => {
    const options = {
      ...program('console.error("no such luck"); process.exit(3)'),
      stateDir: folder(),
      ready: async () => false,
    }
    await expect(startChild(options)).rejects.toThrow(/never became ready.*code 3[\s\S]*no such luck/)
  })

  it('says that a program is not there', async () => {
    await expect(
      startChild({
        ...program(''),
        command: '/no/such/program',
        stateDir: folder(),
        ready: async () => true,
      }),
    ).rejects.toThrow('ENOENT')
  })

  it('ends a child that is never ready', async () => {
    const options = {
      ...program('console.log(process.pid); setInterval(() => {}, 1000)'),
      stateDir: folder(),
      readyWithinMs: 500,
    }
    await expect(startChild({ ...options, ready: async () => false })).rejects.toThrow(
      'not ready within 0.5 s',
    )
    const pid = Number(readFileSync(join(options.stateDir, 'logs', 'program.log'), 'utf8'))
    expect(identity(pid)).toBeUndefined()
  })

  it('ends a child that will not listen', async () => {
    const stateDir = folder()
    const stubborn = program(
      'process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)',
    )
    const deaf = async () => readFileSync(join(stateDir, 'logs', 'program.log'), 'utf8').includes('deaf')
    const child = await startChild({ ...stubborn, stateDir, ready: deaf, stopWithinMs: 200 })
    await child.stop()
    expect(await child.ended).toContain('SIGKILL')
    expect(identity(child.pid)).toBeUndefined()
  })
})

async function launchSleeper(stateDir: string): Promise<{ launcher: ChildProcess; sleeper: number }> {
  const script = fileURLToPath(new URL('./launcher.ts', import.meta.url))
  const launcher = spawn(process.execPath, ['--import', 'tsx', script, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => end(launcher, 'SIGTERM'))
  const [line] = await once(createInterface({ input: launcher.stdout }), 'line')
  return { launcher, sleeper: Number(line) }
}

function sleep(): ChildProcess {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
