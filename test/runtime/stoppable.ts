import { setTimeout as pause } from 'node:timers/promises'
import { runProcess } from '../../runtime/process.ts'

/**
 * A process that runs until it gets a signal, for the test of `runProcess`. PART says what its one part
 * does: `rejects` now and then a promise that nobody waits for, `throws` where nobody catches, `hangs` when it
 * is to stop.
 */
await runProcess(async () => {
  const part = process.env.PART
  const work = setInterval(() => {
    if (part === 'rejects') void Promise.reject(new Error('nobody waits for this'))
    if (part === 'throws') throw new Error('nobody catches this')
    process.stdout.write('at work\n')
  }, 20)
  const stop = async (): Promise<void> => {
    process.stdout.write('stopping\n')
    if (part === 'hangs') await pause(600_000)
    clearInterval(work)
    process.stdout.write('stopped\n')
  }
  return { running: [{ stop }], stopWithinMs: 300 }
})
