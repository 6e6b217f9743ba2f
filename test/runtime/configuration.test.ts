import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { environmentOf, startProcess } from '../support/processes.ts'

let database: FreshDatabase
let right: Record<string, string>
beforeAll(async () => {
  database = await freshDatabase()
  right = await environmentOf(database.url)
})
afterAll(() => database.drop())

/** Starts a process of the product and answers how it ended. */
async function ends(
  main: string,
  env: Record<string, string>,
): Promise<{ code: number | null; said: string }> {
  const started = startProcess(main, env)
  const { code } = await started.ended
  return { code, said: started.said() }
}
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)))

describe('wrong configuration stops the process at its start, and says which variable and what to do', () => {
  it.each(['api/main.ts', 'workers/main.ts', 'workers/consumer/main.ts', 'workers/jobs/main.ts'])(
    '%s without any',
    async (main) => {
      const { code, said } = await ends(main, {})
      expect(code).toBe(1)
      for (const name of ['DATABASE_URL', 'REDIS_URL', 'TEMPORAL_ADDRESS'])
        expect(said).toContain(`${name}: `)
      expect(said).toContain('docs/operations.md')
      expect(said).not.toContain('    at ')
    },
  )

  it.each([
    [
      'an APIv3 key of another length',
      () => ({ ...right, WECHAT_V3_API_KEY: 'short' }),
      /WECHAT_V3_API_KEY: .*exactly 32 characters/,
    ],
    [
      'a provider that is half configured',
      () => without('WECHAT_V3_SERIAL'),
      /half configured: set WECHAT_V3_SERIAL, or remove/,
    ],
    [
      'a key that is none',
      () => ({ ...right, WECHAT_V3_PRIVATE_KEY: '-----BEGIN NOTHING' }),
      /WECHAT_V3_PRIVATE_KEY: must be the RSA private key/,
    ],
    [
      'a cluster without an address',
      () => ({ ...right, GATE_CLUSTER: 'on' }),
      /GATE_URL: GATE_CLUSTER is on, so name one node/,
    ],
    [
      'a database that does not answer',
      () => ({ ...right, DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' }),
      /DATABASE_URL: no answer .*ECONNREFUSED/,
    ],
    [
      'a Temporal that does not answer',
      () => ({ ...right, TEMPORAL_ADDRESS: '127.0.0.1:1' }),
      /TEMPORAL_ADDRESS: no answer/,
    ],
  ])('%s', async (_, env, words) => {
    const { code, said } = await ends('workers/jobs/main.ts', env())
    expect(code).toBe(1)
    expect(said).toMatch(words)
    expect(said).not.toContain('    at ')
  })

  it('a key for tokens that is none', async () => {
    const { code, said } = await ends('api/main.ts', {
      ...right,
      JWT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----',
    })
    expect([code, said]).toEqual([1, expect.stringMatching(/JWT_PUBLIC_KEY: a public key in PEM form/)])
  })

  it('a database without the schema', async () => {
    await database.db.sql`DROP TABLE snowflake_workers`
    const { code, said } = await ends('workers/jobs/main.ts', right)
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/DATABASE_URL: the schema is not there. Run npm run migrate/),
    ])
  })
})
