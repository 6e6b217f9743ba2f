import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, vi } from 'vitest'
import { type ApiClient, createApiClient } from '../../api/client.ts'
import { apiVariables } from '../../api/environment.ts'
import { startApi } from '../../api/server.ts'
import { audit } from '../../db/audit/audit.ts'
import { seed } from '../../db/seed/seed.ts'
import type { OrderId, SkuId } from '../../domain/ids.ts'
import { appEnvironment, sandboxEnvironment } from '../../local/environment.ts'
import { keysOf } from '../../local/keys.ts'
import { freePort } from '../../local/servers/ports.ts'
import { tokenSigner } from '../../local/sign-in.ts'
import { activityDeps, type Container, openContainer } from '../../runtime/container.ts'
import { consumerVariables, jobsVariables, readEnv } from '../../runtime/environment.ts'
import { startWorkers } from '../../runtime/workers.ts'
import { type SandboxClient, sandboxClient } from '../../sandbox/client.ts'
import { sandboxConfig } from '../../sandbox/env.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { startConsumer } from '../../workers/consumer/consumer.ts'
import { consumerDeps } from '../../workers/consumer/deps.ts'
import { jobsDeps } from '../../workers/jobs/deps.ts'
import { startJobs } from '../../workers/jobs/jobs.ts'
import { freshDatabase } from '../support/database.ts'

export type Shopper = { id: string; addressId: string; api: ApiClient }
type Choice = {
  addressId?: string
  couponId?: string
  points?: string
  balance?: string
  payment?: 'online' | 'on_delivery'
  note?: string
}

/**
 * The whole system in this process, over real servers: API, workers, jobs, and a seeded shop of the file's
 * own; the sandbox beside it.
 */
export type TestSystem = {
  container: Container
  sandbox: SandboxClient
  /** What the application's processes are configured with. */
  environment: Record<string, string>
  url: string
  /** The `n`-th buyer of the seeded shop. */
  shopper(n: number): Promise<Shopper>
  skus(): Promise<SkuId[]>
  quote(shopper: Shopper, lines: { sku: string; quantity: number }[]): Promise<string>
  place(
    shopper: Shopper,
    quoteToken: string,
    choice?: Choice,
  ): Promise<{ status: number; body: Record<string, unknown> }>
  /** Quotes one piece of the `n`-th SKU and places it; expects that it is placed. */
  buy(shopper: Shopper, n?: number, choice?: Choice): Promise<OrderId>
  pay(
    shopper: Shopper,
    order: OrderId,
    channel?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>
  /** Resolves when the order's row has this status. */
  reaches(order: OrderId, status: string): Promise<void>
  startWorker(): Promise<{ stop(): Promise<void> }>
  startJobs(): { stop(): Promise<void> }
  /** The consumer with its supervisor, for flash sales. */
  startConsumer(): { stop(): Promise<void> }
  /** Everything adds up, also with the sandbox's ledger. */
  addsUp(): Promise<void>
  close(): Promise<void>
}

export type TestSystemOptions = {
  payWithinS?: number
  worker?: boolean
  jobs?: boolean
  consumer?: boolean
  env?: Record<string, string>
  /** Ports of doors in front of servers, by the variable that says where the server is. */
  through?: Partial<Record<'DATABASE_URL' | 'REDIS_URL' | 'TEMPORAL_ADDRESS', number>>
}

export async function openSystem({
  payWithinS = 1800,
  worker = true,
  jobs = true,
  consumer = false,
  env: more = {},
  through = {},
}: TestSystemOptions = {}): Promise<TestSystem> {
  const database = await freshDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-system-'))
  const keys = await keysOf(folder)
  const [appPort, sandboxPort] = [await freePort(), await freePort()]
  const servers = {
    databaseUrl: database.url,
    redisUrl: inject('redisUrl'),
    temporalAddress: inject('temporalAddress'),
    temporalNamespace: 'default',
    stop: async () => {},
  }
  // WeChat v2 closes nothing in a trade's first five minutes; here it is a second.
  const sandboxEnv = { ...sandboxEnvironment({ sandboxPort }, keys), SANDBOX_WECHAT_V2_CLOSABLE_AFTER_S: '1' }
  const sandbox = await startSandbox({ ...sandboxConfig(sandboxEnv), pauseFactor: 0.02, refundGapMs: 0 })
  const environment: Record<string, string> = {
    ...appEnvironment({ servers, appPort, sandboxPort }, keys),
    LOG_LEVEL: 'error',
    PAY_WITHIN_S: String(payWithinS),
    WECHAT_V2_CLOSABLE_AFTER_S: '1',
    ORDERS_QUEUE: `orders-${database.url.split('/').at(-1)}`,
    ...more,
  }
  for (const [name, port] of Object.entries(through))
    environment[name] = (environment[name] ?? '').replace(/:\d+(?=\/|$)/, `:${port}`)
  const env = readEnv(apiVariables, environment)
  const container = await openContainer(env)
  await seed(container.db, container.ids, { buyers: 60 })
  const api = await startApi(env, container)
  const signed = tokenSigner(keys.jwt.privateKey)
  const started: { stop(): Promise<void> }[] = [api]

  const system: TestSystem = {
    container,
    sandbox: sandboxClient(sandbox.url),
    environment,
    url: `http://127.0.0.1:${appPort}`,
    async shopper(n) {
      const id = String(20_001 + n)
      const [home] = await container.db.sql<
        { id: string }[]
      >`SELECT id::text AS id FROM addresses WHERE user_id = ${id} AND is_default`
      return { id, addressId: home?.id ?? '', api: createApiClient(system.url, signed(id)) }
    },
    async skus() {
      const rows = await container.db.sql<{ id: SkuId }[]>`
        SELECT k.id::text AS id
        FROM skus k
        JOIN stock s ON s.sku_id = k.id
        WHERE k.on_sale
        GROUP BY k.id
        HAVING sum(s.on_hand) > 20
        ORDER BY k.id`
      return rows.map(({ id }) => id)
    },
    async quote(shopper, lines) {
      const answer = await shopper.api.v1.quotes.$post({ json: { lines } })
      expect(answer.status).toBe(200)
      // The status says which of the answers it is.
      return ((await answer.json()) as { quoteToken: string }).quoteToken
    },
    async place(shopper, quoteToken, choice = {}) {
      const answer = await shopper.api.v1.orders.$post({
        json: { quoteToken, addressId: shopper.addressId, payment: 'online', ...choice },
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    async buy(shopper, n = 0, choice = {}) {
      const sku = (await system.skus())[n] ?? ''
      const { status, body } = await system.place(
        shopper,
        await system.quote(shopper, [{ sku, quantity: 1 }]),
        choice,
      )
      if (status === 201) return body.number as OrderId // An order's number is its id.
      // A worker that is busy answers later; the row is where the buyer is asked to look.
      expect([status, body]).toEqual([202, { orderId: expect.any(String), look: expect.any(String) }])
      const order = body.orderId as OrderId
      await vi.waitFor(
        async () => {
          const placed = await shopper.api.v1.orders[':id'].$get({ param: { id: order } })
          expect([placed.status, await placed.json()]).toEqual([
            200,
            expect.objectContaining({ status: expect.not.stringMatching(/placing|rejected/) }),
          ])
        },
        { timeout: 30_000, interval: 200 },
      )
      return order
    },
    async pay(shopper, order, channel = 'wechat-v3') {
      const answer = await shopper.api.v1.orders[':id'].payments.$post({
        param: { id: order },
        json: { channel },
      } as never)
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    async reaches(order, status) {
      const reached = await container.events.until(order, { forMs: 50_000 }, async () => {
        const [row] = await container.db.sql`SELECT 1 FROM orders WHERE id = ${order} AND status = ${status}`
        return row
      })
      const [row] = await container.db.sql`SELECT status, pay_state, refusal FROM orders WHERE id = ${order}`
      expect(reached, `order ${order} is ${JSON.stringify(row)}, not ${status}`).toBeDefined()
    },
    async startWorker() {
      const workers = await startWorkers({
        connection: container.connection,
        namespace: 'default',
        queue: env.ORDERS_QUEUE,
        workflowBundle: { code: readFileSync(inject('workflowBundle'), 'utf8') },
        activities: activityDeps(container),
        cachedOrders: 50,
        providerCallsPerSecond: 1000,
      })
      started.unshift(workers)
      return workers
    },
    startJobs() {
      const running = startJobs(jobsDeps(readEnv(jobsVariables, environment), container))
      started.unshift(running)
      return running
    },
    startConsumer() {
      const running = startConsumer(consumerDeps(readEnv(consumerVariables, environment), container))
      started.unshift(running)
      return running
    },
    async addsUp() {
      const report = await audit(container.db.sql)
      expect(report.findings.filter((finding) => !finding.holds)).toEqual([])
      const [here] = await container.db.sql<{ captured: string; refunded: string }[]>`
        SELECT COALESCE(sum(captured_fen), 0)::text AS captured,
          COALESCE(sum(refunded_fen), 0)::text AS refunded
        FROM attempts
        WHERE provider <> 'balance'`
      const { captured, refunded } = sandbox.ledger()
      expect(here).toEqual({ captured, refunded })
    },
    async close() {
      for (const running of [...started]) await running.stop()
      await sandbox.stop()
      await container.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  if (worker) await system.startWorker()
  if (jobs) system.startJobs()
  if (consumer) system.startConsumer()
  return system
}
