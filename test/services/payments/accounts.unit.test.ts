import { describe, expect, it } from 'vitest'
import { isForeignTrade } from '../../../services/payments/accounts.ts'

const account = { merchant: '1900000109', app: 'wx1' }

describe('a trade that is none of ours', () => {
  it('belongs to another system of the merchant when its number begins as theirs do', () => {
    const shared = { ...account, foreignTrades: ['POS', 'ERP-'] }
    expect(['POS1', 'ERP-1'].map((trade) => isForeignTrade(shared, trade))).toEqual([true, true])
    expect(['1POS', 'ERP1', ''].map((trade) => isForeignTrade(shared, trade))).toEqual([false, false, false])
  })

  it('is nobody’s where no other system is known, or no account', () => {
    expect([isForeignTrade(account, 'POS1'), isForeignTrade(undefined, 'POS1')]).toEqual([false, false])
  })
})
