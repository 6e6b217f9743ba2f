import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { expect, inject } from 'vitest'
import { type ApiClient, createApiClient } from '../../api/client.ts'
import { apiVariables } from '../../api/environment.ts'
import { startApi } from '../../api/server.ts'
import { audit } from '../../db/audit/audit.ts'
import { seed } from '../../db/seed/seed.ts'
import type { OrderId, SkuId } from '../../domain/ids.ts'
import { appEnvironment, sandboxEnvironment } from '../../local/environment.ts'
import { keysOf } from '../../local/keys.ts'
import { freePort } from '../../local/servers/ports.ts'
import { activityDeps, drainDeps, openParts, type Parts, relayDeps } from '../../runtime/container.ts'
import { drainVariables, readEnv } from '../../runtime/environment.ts'
import { startWorkers } from '../../runtime/workers.ts'
import { type SandboxClient, sandboxClient } from '../../sandbox/client.ts'
import { sandboxConfig } from '../../sandbox/env.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { startDrain } from '../../workers/consumer/consumer.ts'
import { startRelay } from '../../workers/jobs/jobs.ts'
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

/** The whole house in this process, over real servers: API, workers, relay, and a seeded shop of the file's own; the sandbox beside it. */
export type House = {
  parts: Parts
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
  startRelay(): { stop(): Promise<void> }
  /** The drain with its keeper, for flash sales. */
  startDrain(): { stop(): Promise<void> }
  /** Everything adds up, also with the sandbox's ledger. */
  addsUp(): Promise<void>
  close(): Promise<void>
}

export type HouseOptions = {
  payWithinS?: number
  worker?: boolean
  relay?: boolean
  drain?: boolean
  env?: Record<string, string>
}

export async function openHouse({
  payWithinS = 1800,
  worker = true,
  relay = true,
  drain = false,
  env: more = {},
}: HouseOptions = {}): Promise<House> {
  const database = await freshDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'floodgate-house-'))
  const keys = await keysOf(folder)
  const [appPort, sandboxPort] = [await freePort(), await freePort()]
  const servers = {
    databaseUrl: database.url,
    redisUrl: inject('redisUrl'),
    temporalAddress: inject('temporalAddress'),
    temporalNamespace: 'default',
    stop: async () => {},
  }
  const sandboxEnv = sandboxEnvironment({ sandboxPort }, keys)
  const sandbox = await startSandbox({ ...sandboxConfig(sandboxEnv), pauseFactor: 0.02 })
  const environment = {
    ...appEnvironment({ servers, appPort, sandboxPort }, keys),
    HOST: '127.0.0.1',
    LOG_LEVEL: 'error',
    PAY_WITHIN_S: String(payWithinS),
    ORDERS_QUEUE: `orders-${database.url.split('/').at(-1)}`,
    ...more,
  }
  const env = readEnv(apiVariables, environment)
  const parts = await openParts(env)
  await seed(parts.db, parts.ids, { buyers: 60 })
  const api = await startApi(env, parts)
  const jwtKey = createPrivateKey(keys.jwt.privateKey)
  const started: { stop(): Promise<void> }[] = [api]

  const house: House = {
    parts,
    sandbox: sandboxClient(sandbox.url),
    environment,
    url: `http://127.0.0.1:${appPort}`,
    async shopper(n) {
      const id = String(20_001 + n)
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'RS256' })
        .setSubject(id)
        .setExpirationTime('1h')
        .sign(jwtKey)
      const [home] = await parts.db.sql<
        { id: string }[]
      >`SELECT id::text AS id FROM addresses WHERE user_id = ${id} AND is_default`
      return { id, addressId: home?.id ?? '', api: createApiClient(house.url, token) }
    },
    async skus() {
      const rows = await parts.db.sql<{ id: SkuId }[]>`
        SELECT k.id::text AS id FROM skus k JOIN stock s ON s.sku_id = k.id WHERE k.on_sale GROUP BY k.id HAVING sum(s.on_hand) > 20 ORDER BY k.id`
      return rows.map(({ id }) => id)
    },
    async quote(shopper, lines) {
      const answer = await shopper.api.v1.quotes.$post({ json: { lines } })
      expect(answer.status).toBe(200)
      return ((await answer.json()) as { quoteToken: string }).quoteToken // The status says which of the answers it is.
    },
    async place(shopper, quoteToken, choice = {}) {
      const answer = await shopper.api.v1.orders.$post({
        json: { quoteToken, addressId: shopper.addressId, payment: 'online', ...choice },
      })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    async buy(shopper, n = 0, choice = {}) {
      const sku = (await house.skus())[n] ?? ''
      const { status, body } = await house.place(
        shopper,
        await house.quote(shopper, [{ sku, quantity: 1 }]),
        choice,
      )
      expect(body).toMatchObject({ number: expect.any(String) })
      expect(status).toBe(201)
      return body.number as OrderId // An order's number is its id.
    },
    async pay(shopper, order, channel = 'wechat-v3') {
      const answer = await shopper.api.v1.orders[':id'].payments.$post({
        param: { id: order },
        json: { channel },
      } as never)
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    async reaches(order, status) {
      const reached = await parts.news.until(order, 50_000, async () => {
        const [row] = await parts.db.sql`SELECT 1 FROM orders WHERE id = ${order} AND status = ${status}`
        return row
      })
      const [row] = await parts.db.sql`SELECT status, pay_state, refusal FROM orders WHERE id = ${order}`
      expect(reached, `order ${order} is ${JSON.stringify(row)}, not ${status}`).toBeDefined()
    },
    async startWorker() {
      const workers = await startWorkers({
        connection: parts.connection,
        namespace: 'default',
        queue: env.ORDERS_QUEUE,
        workflowBundle: { code: readFileSync(inject('workflowBundle'), 'utf8') },
        activities: activityDeps(parts),
        cachedOrders: 50,
        providerCallsPerSecond: 1000,
      })
      started.unshift(workers)
      return workers
    },
    startRelay() {
      const running = startRelay(relayDeps(env, parts))
      started.unshift(running)
      return running
    },
    startDrain() {
      const running = startDrain(drainDeps(readEnv(drainVariables, environment), parts))
      started.unshift(running)
      return running
    },
    async addsUp() {
      const report = await audit(parts.db.sql)
      expect(report.findings.filter((finding) => !finding.holds)).toEqual([])
      const [here] = await parts.db.sql<{ captured: string; refunded: string }[]>`
        SELECT COALESCE(sum(captured_fen), 0)::text AS captured, COALESCE(sum(refunded_fen), 0)::text AS refunded FROM attempts WHERE provider <> 'balance'`
      const { captured, refunded } = sandbox.ledger()
      expect(here).toEqual({ captured, refunded })
    },
    async close() {
      for (const running of [...started]) await running.stop()
      await sandbox.stop()
      await parts.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  if (worker) await house.startWorker()
  if (relay) house.startRelay()
  if (drain) house.startDrain()
  return house
}
