import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isStopping, keep, killGroup } from './living.ts'

export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Sees each line of its output as it comes. */
  readonly onLine?: (line: string) => void
  readonly withinMs: number
}

/**
 * Runs a program to its end. Throws with its last lines when it fails, is not there, or takes longer than
 * `withinMs`.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { env, cwd, user, onLine, withinMs }: ToolOptions,
): Promise<void> {
  if (isStopping()) throw new Error(`${command} is not started: Floodgate is stopping`)
  const tool = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(cwd ? { cwd } : {}),
    ...user,
  })
  const closed = once(tool, 'close')
  const last: string[] = []
  for (const stream of [tool.stdout, tool.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line)
      if (last.length > 8) last.shift()
      onLine?.(line)
    })
  }
  const kill = () => {
    if (tool.pid !== undefined && tool.exitCode === null && tool.signalCode === null) killGroup(tool.pid)
  }
  const stop = async () => {
    kill()
    await closed.catch(() => {})
  }
  const release = keep({ kill, stop })
  let late = false
  const timer = setTimeout(() => {
    late = true
    kill()
  }, withinMs)
  try {
    const [code] = await closed
    if (late) throw new Error(`not done within ${Math.round(withinMs / 1000)} s`)
    if (code !== 0) throw new Error(`${command} failed: ${last.join(' | ')}`)
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? new Error(`${command} is not on PATH`)
      : error
  } finally {
    clearTimeout(timer)
    release()
  }
}
