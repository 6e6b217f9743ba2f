import { describe, expect, it } from 'vitest'
import { type RefusalCode, Refused, refusalStatus, refuse } from '../../domain/refusals.ts'

const codesOf = (status: number): RefusalCode[] =>
  (Object.keys(refusalStatus) as RefusalCode[]).filter((code) => refusalStatus[code] === status)

describe('the HTTP status of a refusal', () => {
  it('says that a quote is not ours (401) or has had its time (410)', () => {
    expect([codesOf(401), codesOf(410)]).toEqual([['quote_forged'], ['quote_expired']])
  })

  it('says that what is named is not there (404)', () => {
    expect(codesOf(404)).toEqual(['refund_unknown', 'session_unknown', 'offer_unknown'])
  })

  it('says that the request can never be right (422)', () => {
    expect(codesOf(422)).toEqual(['empty_order', 'quantity_invalid'])
  })

  it('says that somebody else is at fault: the provider (502), or a server that is away (503)', () => {
    expect([codesOf(502), codesOf(503)]).toEqual([['payment_refused'], ['unavailable']])
  })

  it('is 409 for everything that another state of things would allow', () => {
    const named = [401, 410, 404, 422, 502, 503].flatMap(codesOf)
    const others = Object.keys(refusalStatus).filter((code) => !named.includes(code as RefusalCode))
    expect(codesOf(409)).toEqual(others)
  })
})

describe('a refusal that is thrown', () => {
  it('carries its code and its details, and its name says what it is', () => {
    const thrown = (() => {
      try {
        return refuse('out_of_stock', { skus: ['7'] })
      } catch (error) {
        return error
      }
    })()
    expect(thrown).toBeInstanceOf(Refused)
    expect(thrown).toMatchObject({
      name: 'Refused',
      message: 'out_of_stock',
      refusal: { code: 'out_of_stock', details: { skus: ['7'] } },
    })
  })
})
