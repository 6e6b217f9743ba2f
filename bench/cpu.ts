import { readdirSync, readFileSync } from 'node:fs'

/** CPU ms that each named process and its children have used, all that ended among them too. Linux only. */
export type CpuTimes = Record<string, number>

const tickMs = 10 // USER_HZ is 100 on every Linux that Node runs on.

type Process = { pid: number; parent: number; ms: number }

/**
 * Each of these processes with everything that it has started, but for those that have a name of their own.
 */
function cpuTimes(pids: Readonly<Record<string, number>>): CpuTimes {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []))
  const named = new Set(Object.values(pids))
  const under = (pid: number): number =>
    all
      .filter(({ parent, pid: child }) => parent === pid && !named.has(child))
      .reduce((sum, child) => sum + child.ms + under(child.pid), 0)
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      (all.find((one) => one.pid === pid)?.ms ?? 0) + under(pid),
    ]),
  )
}

function statOf(pid: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold spaces
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map((i) =>
      Number(fields[i]),
    )
    return [{ pid: Number(pid), parent, ms: (user + system + childUser + childSystem) * tickMs }]
  } catch {
    return [] // It has ended meanwhile.
  }
}

/** The machine's time so far, of all cores: ms in all, and ms in which a core had nothing to do. */
function machineTime(): { allMs: number; idleMs: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = line.split(/\s+/).slice(1, 9).map(Number)
  const [, , , idle = 0, waiting = 0] = ticks
  return { allMs: ticks.reduce((a, b) => a + b, 0) * tickMs, idleMs: (idle + waiting) * tickMs }
}

/** What `work` cost: CPU ms of each process, and the share of the machine that was busy, 0 to 1. */
export async function measuring<T>(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<T>,
): Promise<{ result: T; cpuMs: CpuTimes; busy: number }> {
  const [before, machine] = [cpuTimes(pids), machineTime()]
  const result = await work()
  const [after, now] = [cpuTimes(pids), machineTime()]
  const cpuMs = Object.fromEntries(
    Object.keys(pids).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]),
  )
  return { result, cpuMs, busy: 1 - (now.idleMs - machine.idleMs) / (now.allMs - machine.allMs) }
}
