import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { merchantKeys, platformKeys, shared } from '../../providers/wechat-v3/harness.ts'
import { provider, type StatementHarness, statementHarness } from './harness.ts'

let harness: StatementHarness
beforeAll(async () => {
  harness = await statementHarness()
})
afterAll(() => harness.close())

const script = fileURLToPath(new URL('../../../workers/reconcile-cli.ts', import.meta.url))
/** A day whose statement is ready, `back` days before today. */
const day = (back: number) =>
  new Date(Date.now() + 8 * 3_600_000 - back * 86_400_000).toISOString().slice(0, 10)

async function reconcile(args: string[], but: Record<string, string> = {}) {
  const env = {
    ...{
      PATH: process.env.PATH ?? '',
      DATABASE_URL: harness.url,
      PUBLIC_URL: 'http://127.0.0.1:1',
      WECHAT_V3_BASE_URL: harness.world.sandbox.url,
    },
    ...{
      WECHAT_V3_MCH_ID: shared.mchId,
      WECHAT_V3_APP_ID: shared.appId,
      WECHAT_V3_SERIAL: shared.serial,
      WECHAT_V3_API_KEY: shared.apiKey,
    },
    ...{
      WECHAT_V3_PRIVATE_KEY: merchantKeys.privateKey,
      WECHAT_V3_PLATFORM_KEY: platformKeys.publicKey,
      WECHAT_V3_PLATFORM_KEY_ID: shared.platformKeyId,
    },
    ...but,
  }
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const [code] = (await once(child, 'close')) as [number] // What a process ends with.
  return { code, said }
}
const of = (date: string) => ['--provider', provider, '--date', date]

describe('npm run reconcile', () => {
  it('says that all agrees, and ends with 0', async () => {
    await harness.bill()
    expect(await reconcile(of(day(3)))).toEqual({
      code: 0,
      said: expect.stringContaining('no trade on that day'),
    })
  })

  it('shows what does not agree, and ends with 1, also when it is run again', async () => {
    await harness.bill({ extraRows: [{ transaction: '4200x', trade: 'A-1', fen: '5' }] })
    const first = await reconcile(of(day(2)))
    expect(first).toEqual({ code: 1, said: expect.stringMatching(/unknown_trade .* 4200x/) })
    expect(await reconcile(of(day(2)))).toEqual(first)
  })

  it.each<[string, { args: string[]; but?: Record<string, string>; why: RegExp }]>([
    ['no day', { args: ['--provider', provider], why: /which day/ }],
    ['a day that is none', { args: of('2026-02-30'), why: /which day/ }],
    ['a day that is not over', { args: of(day(0)), why: /makes the statement/ }],
    [
      'a provider without statements',
      { args: ['--provider', 'balance', '--date', day(2)], why: /these have: wechat-v3/ },
    ],
    ['a database that is none', { args: of(day(2)), but: { DATABASE_URL: 'nonsense' }, why: /DATABASE_URL/ }],
    ['half a provider', { args: of(day(2)), but: { WECHAT_V3_API_KEY: '' }, why: /WECHAT_V3_API_KEY/ }],
  ])('ends with 2 and says why: %s', async (_, { args, but, why }) => {
    expect(await reconcile(args, but)).toEqual({ code: 2, said: expect.stringMatching(why) })
  })
})
