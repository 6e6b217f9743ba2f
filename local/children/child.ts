import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { forget, remember } from '../state.mjs'
import { isStopping, keep, killGroup } from './living.ts'

export interface ChildOptions {
  /** Names its log and its pid file; one at a time in a state folder. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly stateDir: string
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The user to run as, when it isn't this process's own. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Whether it serves; asked again until it says so. A throw counts as no. */
  readonly ready: () => Promise<boolean>
  readonly readyWithinMs?: number
  readonly stopSignal?: NodeJS.Signals
  readonly stopWithinMs?: number
}

export interface Child {
  readonly pid: number
  readonly log: string
  /** Resolves when it has ended, with how and its last words. */
  readonly ended: Promise<string>
  /** Ends it in order, by force once its time is up; resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a process of ours, waits until it is ready, and sees to it that it ends with us: in order on `stop`,
 * at once on exit, and by the next start when we are killed. It leads a group of its own, so that a
 * terminal's Ctrl-C reaches us alone. Throws with the last lines of its log when it ends early or is not
 * ready in time.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, stateDir, readyWithinMs = 60_000, stopSignal = 'SIGTERM', stopWithinMs = 10_000 } = options
  if (isStopping()) throw new Error(`${name} is not started: Floodgate is stopping`)
  const log = join(stateDir, 'logs', `${name}.log`)
  const process_ = spawnLogged(options, log)
  const exit = once(process_, 'exit') // rejects when the program can't be run at all
  exit.catch(() => {})
  const pid = process_.pid
  if (pid === undefined)
    throw await exit.then(
      () => new Error(`${name} could not be started`),
      (error: Error) => error,
    )
  remember(stateDir, { name, pid, stopSignal, stopWithinMs })

  let over = false
  const ended = exit.then(([code, signal]) => {
    over = true
    release()
    forget(stateDir, name)
    return `${name} ended (${signal ?? `code ${code}`}). ${lastLines(log)}`
  })
  const stop = async (): Promise<void> => {
    if (over) return
    process_.kill(stopSignal)
    if (!(await within(ended, stopWithinMs))) killGroup(pid)
    await ended
  }
  const release = keep({ stop, kill: () => killGroup(pid) })

  const child = { pid, log, ended, stop }
  await becomesReady(child, { name, ready: options.ready, withinMs: readyWithinMs })
  return child
}

function spawnLogged({ command, args, env, cwd, user }: ChildOptions, log: string): ChildProcess {
  mkdirSync(join(log, '..'), { recursive: true })
  if (existsSync(log)) renameSync(log, `${log}.1`)
  const output = openSync(log, 'a')
  try {
    return spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
      detached: true,
      ...(cwd ? { cwd } : {}),
      ...user,
    })
  } finally {
    closeSync(output)
  }
}

async function becomesReady(
  child: Child,
  { name, ready, withinMs }: { name: string; ready: () => Promise<boolean>; withinMs: number },
): Promise<void> {
  const until = Date.now() + withinMs
  const early = child.ended.then((how) => {
    throw new Error(`${name} never became ready: ${how}`)
  })
  early.catch(() => {})
  while (!(await Promise.race([ready().catch(() => false), early]))) {
    if (Date.now() > until) {
      await child.stop()
      throw new Error(`${name} was not ready within ${withinMs / 1000} s. ${lastLines(child.log)}`)
    }
    await Promise.race([pause(40), early])
  }
}

async function within(done: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const late = pause(ms, false, { signal: timer.signal }).catch(() => false)
  const first = await Promise.race([done.then(() => true), late])
  timer.abort()
  return first
}

function lastLines(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-25)
  return `The last lines of ${log}:\n${lines.map((line) => `    ${line}`).join('\n')}`
}
