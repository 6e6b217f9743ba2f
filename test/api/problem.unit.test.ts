import { Hono } from 'hono'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { onError } from '../../api/http/errors/problem.ts'
import { type RefusalCode, type RefusalDetails, refusalStatus, refuse } from '../../domain/refusals.ts'

const codes = Object.keys(refusalStatus) as RefusalCode[] // The table's keys are the codes.

describe('a refusal as an answer', () => {
  it.each(codes)('has the status, the type and the details of %s', async (code) => {
    // Whatever they are, they are passed on.
    const details = { skus: ['7'] } as unknown as RefusalDetails[typeof code]
    const app = new Hono().get('/', () => refuse(code, details))
    app.onError(onError(pino({ level: 'silent' })))
    const answer = await app.request('/')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toEqual({
      ...{ type: `/problems/${code}`, status: refusalStatus[code], code, details },
      ...{ title: expect.stringMatching(/./), detail: expect.stringMatching(/./) },
    })
    expect(answer.status).toBe(refusalStatus[code])
  })
})
