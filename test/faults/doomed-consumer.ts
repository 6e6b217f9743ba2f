import type { Client } from '@temporalio/client'
import { openContainer } from '../../runtime/container.ts'
import { consumerVariables, readEnv } from '../../runtime/environment.ts'
import { runProcess } from '../../runtime/process.ts'
import { startConsumer } from '../../workers/consumer/consumer.ts'
import { consumerDeps } from '../../workers/consumer/deps.ts'

/** Where a consumer may die. */
export type Death = 'read' | 'staged' | 'acknowledged' | 'starting' | 'started' | 'synced' | 'minted'

/**
 * The process `consumer`, which kills itself with SIGKILL at the point that DIE_AT names, before anybody
 * learns how far it got.
 */
await runProcess(async () => {
  const env = readEnv(consumerVariables, process.env)
  const container = await openContainer(env)
  const deps = consumerDeps(env, container)
  const { queue, gate, client } = deps

  const dies = (at: Death): void => {
    if (process.env.DIE_AT === at) process.kill(process.pid, 'SIGKILL')
  }
  const sql = new Proxy(deps.sql, {
    apply(statement, self, args) {
      const text = String(args[0])
      if (text.includes('SET due_at = now() + CASE')) dies('started')
      const query = Reflect.apply(statement, self, args)
      if (!text.includes('SET epoch = greatest(epoch')) return query
      return query.then((minted: unknown) => {
        dies('minted') // It is committed.
        return minted
      })
    },
  })
  let starts = 0
  const start: Client['workflow']['start'] = async (...args) => {
    if (process.env.DIE_AT === 'acknowledged') return await new Promise(() => {})
    const handle = await client.workflow.start(...args)
    if (++starts === 3) dies('starting')
    return handle
  }
  const consumer = startConsumer({
    ...deps,
    sql,
    client: { workflow: { start } } as Client, // All that a consumer uses.
    queue: {
      ...queue,
      async read(...args) {
        const entries = await queue.read(...args)
        if (entries.length > 0) dies('read')
        return entries
      },
      async acknowledge(...args) {
        dies('staged')
        const counted = await queue.acknowledge(...args)
        dies('acknowledged')
        return counted
      },
    },
    gate: {
      ...gate,
      async giveBack(...args) {
        const is = await gate.giveBack(...args)
        dies('synced')
        return is
      },
    },
  })
  return { running: [consumer, { stop: container.close }] }
})
