import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../local/servers/ports.ts'
import { serversFolder, startNode } from '../../redis/gate/nodes.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { environmentOf, startProcess } from '../../support/processes.ts'
import { doorTo } from '../../support/proxy.ts'

let database: FreshDatabase
let folder: ReturnType<typeof serversFolder>
beforeAll(async () => {
  database = await freshDatabase()
  folder = serversFolder()
})
afterAll(async () => {
  folder.remove()
  await database.drop()
})

/** A server for a gate, of the test's own. */
async function gateServer(name: string) {
  const node = await startNode(folder.path, name)
  onTestFinished(() => node.stop())
  return node
}
const environment = async (gatePort: number) => ({
  ...(await environmentOf(database.url)),
  GATE_URL: `redis://127.0.0.1:${gatePort}`,
})

describe('the consumer', { timeout: 90_000 }, () => {
  it('is ready while the gate’s own server answers, not while it is away, and again once it is back', async () => {
    const door = await doorTo((await gateServer('ready')).port)
    const port = await freePort()
    const consumer = startProcess('workers/consumer/main.ts', {
      ...(await environment(door.port)),
      HEALTH_PORT: String(port),
    })
    onTestFinished(async () => {
      consumer.kill('SIGKILL')
      await consumer.ended
      await door.close()
    })
    const ready = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      const { gate, redis } = ((await answer?.json()) as { dependencies?: Record<string, object> } | undefined)
        ?.dependencies ?? { gate: undefined, redis: undefined }
      return [answer?.status, gate, redis]
    }
    const [up, down] = [expect.objectContaining({ up: true }), expect.objectContaining({ up: false })]
    await expect.poll(ready, { timeout: 40_000 }).toEqual([200, up, up])
    door.shut()
    await expect.poll(ready, { timeout: 20_000 }).toEqual([503, down, up])
    door.open()
    await expect.poll(ready, { timeout: 20_000 }).toEqual([200, up, up])
    consumer.kill('SIGTERM')
    expect(await consumer.ended).toEqual({ code: 0, signal: null })
  })

  it.each(['workers/consumer/main.ts', 'api/main.ts'])(
    '%s does not start on a gate’s server that may evict keys, and says what to do',
    async (main) => {
      const node = await gateServer(`evicting-${main.length}`)
      await node.redis.config('SET', 'maxmemory-policy', 'volatile-lru')
      const started = startProcess(main, await environment(node.port))
      expect(await started.ended).toEqual({ code: 1, signal: null })
      expect(started.said()).toMatch(/GATE_URL.*maxmemory-policy is volatile-lru.*noeviction/)
    },
  )
})
