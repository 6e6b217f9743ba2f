// What lies in a state folder: who launched it, which children that launcher started, and how to end and
// remove what a killed launcher left. Plain Node, because `npm run reset` must work without node_modules.
// Types: state.d.mts.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Somebody else's launcher is alive in this folder. */
export class StateInUse extends Error {
  constructor(stateDir, pid) {
    super(
      `Another Floodgate (process ${pid}) uses ${stateDir}. Stop it first: Ctrl-C there, or \`kill ${pid}\`.`,
    )
    this.name = 'StateInUse'
  }
}

/**
 * What distinguishes a process from a later one with the same number: when it started, by the kernel's count.
 * Undefined when no such process runs (a zombie does not run).
 */
export function identity(pid) {
  return process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid)
}

function linuxIdentity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name before may hold spaces and brackets
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}

function psIdentity(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
  } catch {
    return undefined
  }
}

/**
 * Makes the folder this process's own, and ends what a dead launcher left in it; answers the names of what it
 * ended. Throws `StateInUse`.
 */
export async function claim(stateDir) {
  refuseIfInUse(stateDir)
  mkdirSync(stateDir, { recursive: true })
  write(join(stateDir, 'launcher.json'), { pid: process.pid, started: identity(process.pid) })
  return endLeftovers(stateDir)
}

/** Throws `StateInUse` while another living process has claimed the folder. */
export function refuseIfInUse(stateDir) {
  const launcher = read(join(stateDir, 'launcher.json'))
  if (launcher && launcher.pid !== process.pid && runs(launcher)) throw new StateInUse(stateDir, launcher.pid)
}

/** Notes a child, so that the next launcher finds it when this one is killed. */
export function remember(stateDir, child) {
  mkdirSync(join(stateDir, 'children'), { recursive: true })
  write(pidFile(stateDir, child.name), { ...child, started: identity(child.pid) })
}

/** Forgets a child that has ended. */
export function forget(stateDir, name) {
  rmSync(pidFile(stateDir, name), { force: true })
}

/**
 * Ends every child noted in the folder that still runs and still is the process that was noted. Answers their
 * names.
 */
export async function endLeftovers(stateDir) {
  const folder = join(stateDir, 'children')
  if (!existsSync(folder)) return []
  const ended = await Promise.all(
    readdirSync(folder).map(async (file) => {
      const child = read(join(folder, file))
      const ran = child !== undefined && runs(child)
      if (ran) await end(child)
      rmSync(join(folder, file), { force: true })
      return ran ? [child.name] : []
    }),
  )
  return ended.flat()
}

async function end(child) {
  send(child.pid, child.stopSignal)
  if (await gone(child, child.stopWithinMs)) return
  send(-child.pid, 'SIGKILL') // its whole group: each child leads one of its own
  if (!(await gone(child, 5000)))
    throw new Error(`${child.name} (process ${child.pid}) does not end, not even by SIGKILL`)
}

async function gone(child, withinMs) {
  const until = Date.now() + withinMs
  while (runs(child)) {
    if (Date.now() > until) return false
    await pause(20)
  }
  return true
}

/** Removes the folder with everything in it, also what had to be put elsewhere and is linked from it. */
export function removeState(stateDir) {
  if (!existsSync(stateDir)) return false
  for (const entry of readdirSync(stateDir)) {
    const path = join(stateDir, entry)
    if (lstatSync(path).isSymbolicLink() && existsSync(path))
      rmSync(realpathSync(path), { recursive: true, force: true })
  }
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 })
  return true
}

/** The state folders that test runs have made inside the project's one. */
export function testStates(root) {
  if (!existsSync(root)) return []
  return readdirSync(root).flatMap((entry) => (/^test-\d+$/.test(entry) ? [join(root, entry)] : []))
}

const runs = ({ pid, started }) => started !== undefined && identity(pid) === started
const pidFile = (stateDir, name) => join(stateDir, 'children', `${name}.json`)

function write(file, content) {
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`)
  renameSync(`${file}.new`, file)
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
