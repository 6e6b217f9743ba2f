import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { keep, killGroup } from '../../local/children/living.ts'
import type { CrowdPlan, CrowdTally, FromCrowd, ToCrowd } from './plan.ts'

export type Crowd = {
  /** How it fares; undefined before it has said anything. */
  now(): CrowdTally | undefined
  /** Resolves once the crowd is in this phase, or past it. */
  until(phase: 'ready' | 'staying' | 'over'): Promise<CrowdTally>
  /** Nobody tries again; resolves when all are gone. */
  goHome(): Promise<CrowdTally>
}

const order: CrowdTally['phase'][] = ['signing', 'fetching tokens', 'ready', 'rushing', 'staying', 'over']

/**
 * Starts a crowd in a process of its own, so that the load does not share a thread with who watches it. It
 * ends with us.
 */
export function gather(plan: CrowdPlan): Crowd {
  const args = ['--import', 'tsx', fileURLToPath(new URL('./main.ts', import.meta.url))]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  const gone = once(child, 'exit')
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid)
  }
  const release = keep({
    kill,
    stop: async () => {
      kill()
      await gone
    },
  })
  let tally: CrowdTally | undefined
  let wake: (() => void)[] = []
  const waking = () => {
    const woken = wake
    wake = []
    for (const one of woken) one()
  }
  child.on('message', (message: FromCrowd) => {
    tally = message.tally
    waking()
  })
  let over = false
  gone.then(() => {
    over = true
    release()
    waking()
  })
  child.send({ plan } satisfies ToCrowd)

  const until: Crowd['until'] = async (phase) => {
    for (;;) {
      if (tally && order.indexOf(tally.phase) >= order.indexOf(phase)) return tally
      if (over) throw new Error('the crowd’s process ended early')
      await new Promise<void>((resolve) => wake.push(resolve))
    }
  }
  return {
    now: () => tally,
    until,
    async goHome() {
      if (!over) child.send('go home' satisfies ToCrowd)
      return await until('over')
    },
  }
}
