import { connect } from '../db/client.ts'
import { snowflakes } from '../domain/ids.ts'
import type { Keys } from '../local/keys.ts'
import { wechatV3 } from '../providers/wechat-v3/wechat-v3.ts'
import { fetchStatement } from '../services/reconciliation/fetch.ts'
import { matchStatement } from '../services/reconciliation/match.ts'
import type { Read } from './bill.ts'
import type { account } from './bill-source.ts'

/**
 * Fetches and matches one bill, when it is asked to, in a process of its own; says how long it took and what
 * it held at its peak over idle.
 */
const {
  DATABASE_URL = '',
  BILLS = '',
  BILL_DATE: date = '',
  BILL_SECRETS = '',
  BILL_ACCOUNT = '',
} = process.env
const keys = JSON.parse(BILL_SECRETS) as Keys // Both from bill.ts.
const { merchant, app, serial, keyId } = JSON.parse(BILL_ACCOUNT) as typeof account
const db = connect(DATABASE_URL, { max: 4 })
const { name: provider, statements } = wechatV3({
  ...{
    baseUrl: BILLS,
    mchId: merchant,
    appId: app,
    serial,
    privateKey: keys.merchant.privateKey,
    apiKey: keys.wechatApiKey,
  },
  platformKeys: { [keyId]: keys.platform.publicKey },
  notifyUrl: 'http://127.0.0.1/none',
})

process.on('message', async () => {
  await db.sql`SELECT 1`
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const idle = process.memoryUsage.rss()
  let peak = idle
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 5)
  const began = performance.now()
  await fetchStatement(db.sql, {
    statements,
    of: { provider, date },
    kind: 'trade',
    now: Date.parse('2027-01-01'),
  })
  const fetched = performance.now()
  const deps = { sql: db.sql, ids: snowflakes(1), accounts: { [provider]: { merchant, app } }, statements }
  const matched = await matchStatement(deps, { provider, date })
  const seconds = (performance.now() - began) / 1000
  process.stderr.write(
    `fetched in ${((fetched - began) / 1000).toFixed(1)} s, matched in ${((performance.now() - fetched) / 1000).toFixed(1)} s\n`,
  )
  clearInterval(sampling)
  process.send?.({ seconds, overIdleMb: (peak - idle) / 2 ** 20, ...matched } satisfies Read)
  await db.close()
  process.disconnect()
})
process.send?.({ ready: true })
