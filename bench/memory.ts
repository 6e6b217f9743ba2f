import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

type Asked = 'memory'
type Report = { ready: true } | { rssMb: number; heapMb: number }

/**
 * In a measured process: answers how much memory it holds after a full garbage collection (start it with
 * --expose-gc).
 */
export function answerMemory(): void {
  process.on('message', async (asked: Asked) => {
    if (asked !== 'memory') return
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    process.send?.({
      rssMb: rss / 2 ** 20,
      heapMb: (heapUsed + external + arrayBuffers) / 2 ** 20,
    } satisfies Report)
  })
  process.send?.({ ready: true } satisfies Report)
}

/** Asks a child that answers `answerMemory`. */
export async function memoryOf(child: ChildProcess): Promise<{ rssMb: number; heapMb: number }> {
  child.send('memory' satisfies Asked)
  const [report] = (await once(child, 'message')) as [Report]
  if ('ready' in report) return memoryOf(child)
  return report
}

/** Ends the conversation, so that the process can end; the other side may have gone before. */
export async function hangUp(): Promise<void> {
  if (process.connected) process.disconnect()
}
