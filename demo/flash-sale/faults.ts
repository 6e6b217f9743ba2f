import { fileURLToPath } from 'node:url'
import type { Redis } from 'ioredis'
import { type Child, startChild } from '../../local/children/child.ts'
import { type Stack, stateFolder } from '../../local/compose.ts'

export type Doomed = { consumer: Child; worker: Child }

/** One consumer and one worker beside the application's own, to be killed. */
export async function startDoomed(stack: Stack): Promise<Doomed> {
  const start = (name: string, script: string) =>
    startChild({
      name,
      command: process.execPath,
      args: ['--import', 'tsx', fileURLToPath(new URL(`../../workers/${script}`, import.meta.url))],
      stateDir: stateFolder,
      env: stack.environment,
      ready: async () => true, // Processes without a port: they work as soon as they can.
    })
  const [consumer, worker] = await Promise.all([
    start('doomed-consumer', 'consumer/main.ts'),
    start('doomed-worker', 'main.ts'),
  ])
  return { consumer, worker }
}

/** What no flash sale should have to live through, one after the other. */
export async function doHarm(
  { consumer, worker }: Doomed,
  { redis, happened, pause }: { redis: Redis; happened: string[]; pause: (ms: number) => Promise<unknown> },
): Promise<void> {
  await pause(150)
  process.kill(consumer.pid, 'SIGKILL')
  happened.push('a consumer was killed with SIGKILL 排队消费进程被杀')
  await pause(350)
  process.kill(worker.pid, 'SIGKILL')
  happened.push('a worker was killed with SIGKILL 工作进程被杀')
  await pause(1500)
  await redis.flushall()
  happened.push('Redis was flushed: it forgot everything Redis 被清空')
  await Promise.all([consumer.ended, worker.ended])
}
