import { expect, it } from 'vitest'
import { ratesOf } from '../../domain/quote.ts'

it('the rates of a token are amounts again, where nothing ships free too', () => {
  const quoted = { '*': { fee: '1000', freeFrom: '9900' }, 西藏: { fee: '2500', freeFrom: null } }
  expect(ratesOf(quoted)).toEqual({
    '*': { fee: 1000n, freeFrom: 9900n },
    西藏: { fee: 2500n, freeFrom: null },
  })
})
