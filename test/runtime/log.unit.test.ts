import { describe, expect, it } from 'vitest'
import { createLog } from '../../runtime/log.ts'

function logOf(now: () => number = Date.now) {
  const lines: Record<string, unknown>[] = []
  return { lines, log: createLog({ level: 'info', now, write: (line) => lines.push(JSON.parse(line)) }) }
}

describe('the log', () => {
  it('hides a person’s data at every depth, in arrays too', () => {
    const { log, lines } = logOf()
    const person = { name: '张三', phone: '13800000000', street: 'Lane 1', openid: 'o123' }
    log.info({ order: '1', person, deep: { more: [{ person }], note: 'ring twice' } }, 'something')
    const text = JSON.stringify(lines)
    for (const secret of ['张三', '13800000000', 'Lane 1', 'o123', 'ring twice'])
      expect(text).not.toContain(secret)
    expect(lines[0]).toMatchObject({ order: '1', person: { name: '[hidden]' }, msg: 'something' })
  })

  it('says of an error its kind, message and code, and nothing that a driver adds', () => {
    const { log, lines } = logOf()
    const refused = Object.assign(new Error('violates check constraint'), {
      ...{ name: 'PostgresError', code: '23514', constraint_name: 'wallet_not_negative' },
      ...{
        detail: 'Failing row contains (13800000000, Lane 1)',
        query: 'INSERT …',
        parameters: ['13800000000'],
      },
    })
    const text = Object.assign(new Error('invalid input syntax for type bigint: "13800000000"'), {
      code: '22P02',
    })
    log.error({ error: new Error('Failed query: … params: 13800000000', { cause: refused }) }, 'failed')
    log.warn({ held: { error: text } }, 'failed too')
    expect(JSON.stringify(lines)).not.toContain('13800000000')
    expect(lines[0]).toMatchObject({
      error: { kind: 'PostgresError', code: '23514', constraint: 'wallet_not_negative' },
    })
  })

  it('writes a warning that repeats 20 times in ten seconds, and then how many it left out', () => {
    let now = 0
    const { log, lines } = logOf(() => now)
    for (let n = 0; n < 500; n++) log.warn({ n }, 'a notification was not believed')
    log.error('another one')
    for (let n = 0; n < 50; n++) log.info({ n }, 'an information is never left out')
    expect(lines).toHaveLength(20 + 1 + 50)
    now = 10_000
    log.warn('a notification was not believed')
    expect(lines.slice(-2)).toMatchObject([{ suppressed: 480 }, { msg: 'a notification was not believed' }])
  })
})
