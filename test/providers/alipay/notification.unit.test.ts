import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { notificationReader } from '../../../providers/alipay/notification.ts'
import { account, forgersPen, pen, platformKeys } from './harness.ts'
import { alipaysKey, alipaysNotification, documentedPayment } from './vector.ts'

const reader = notificationReader({ publicKey: createPublicKey(platformKeys.publicKey) })
const read = (body: string) => reader(new Headers(), body)
const rejected = (reason: string) => expect.objectContaining({ name: 'NotificationRejected', reason })

/** What Alipay says of a trade; a field can be changed, or left out by undefined. */
const fields = (over: Record<string, string | undefined> = {}): Record<string, string> => {
  const all = {
    ...{
      notify_time: '2026-11-21 12:00:00',
      notify_type: 'trade_status_sync',
      notify_id: 'ac05099524730693a8b330c5ecf72da978',
    },
    ...{
      app_id: account.appId,
      seller_id: account.sellerId,
      out_trade_no: '8000000000000001',
      trade_no: '2026112122001400000000000001',
    },
    ...{
      trade_status: 'TRADE_SUCCESS',
      total_amount: '19.90',
      subject: 'Floodgate 订单 + 100%',
      passback_params: 'order%3A1',
    },
    ...over,
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
const facts = {
  ...{
    provider: 'alipay',
    transaction: '2026112122001400000000000001',
    attempt: '8000000000000001',
    state: 'TRADE_SUCCESS',
  },
  ...{ amount: 1990n, currency: 'CNY', merchant: account.sellerId, app: account.appId },
}

describe('a notification', () => {
  it('of a payment is read with its facts, and nothing of the buyer', async () => {
    const body = pen.notification(fields({ buyer_id: '2088101117955611', buyer_logon_id: '159****5620' }))
    expect(await read(body)).toEqual({ is: 'payment', facts })
  })

  it('may come again, and says the same', async () => {
    const body = pen.notification(fields())
    expect(await read(body)).toEqual(await read(body))
  })

  it.each([
    ['WAIT_BUYER_PAY', 'progress'],
    ['TRADE_SUCCESS', 'payment'],
    ['TRADE_FINISHED', 'payment'],
    ['TRADE_CLOSED', 'progress'],
  ])('in the state %s is %s, of one transaction', async (trade_status, is) => {
    expect(await read(pen.notification(fields({ trade_status })))).toEqual({
      is,
      facts: { ...facts, state: trade_status },
    })
  })

  it('in a state that is not documented is something else', async () => {
    expect(await read(pen.notification(fields({ trade_status: 'TRADE_PENDING' })))).toEqual({
      is: 'other',
      type: 'TRADE_PENDING',
    })
  })

  it.each(['TRADE_SUCCESS', 'TRADE_CLOSED', 'TRADE_FINISHED'])(
    'of a refund, in the state %s, names the refund by our number',
    async (trade_status) => {
      const refund = {
        trade_status,
        refund_fee: '0.9',
        out_biz_no: 'late-alipay-1',
        gmt_refund: '2026-11-21 12:00:00.123',
      }
      expect(await read(pen.notification(fields(refund)))).toEqual({
        is: 'refund',
        facts: { ...facts, state: trade_status, amount: 90n, refund: 'late-alipay-1' },
      })
    },
  )

  it('of a refund without a number brings no money: it is not read as a payment', async () => {
    const { is } = await read(
      pen.notification(fields({ refund_fee: '19.90', gmt_refund: '2026-11-21 12:00:00.123' })),
    )
    expect(is).toBe('progress')
  })

  it('of a payment is a payment, though it names a refund of nothing, as Alipay’s documented example does', async () => {
    expect(await read(pen.notification(documentedPayment))).toEqual({
      is: 'payment',
      facts: {
        provider: 'alipay',
        transaction: '2016071921001003030200089909',
        attempt: '0719141034-6418',
        state: 'TRADE_SUCCESS',
        amount: 200n,
        currency: 'CNY',
        merchant: '2088102119685838',
        app: '2015102700040153',
      },
    })
  })

  it.each([
    ['TRADE_SUCCESS', { refund_fee: '0' }, 'payment'],
    ['TRADE_FINISHED', { refund_fee: '0.00' }, 'payment'],
    ['TRADE_SUCCESS', { refund_fee: '0.00', out_biz_no: '1' }, 'payment'],
    ['TRADE_CLOSED', { refund_fee: '0.00', gmt_close: '2017-08-22 00:04:29' }, 'progress'],
    ['TRADE_CLOSED', { refund_fee: '0.00', out_biz_no: '1' }, 'progress'],
    ['TRADE_SUCCESS', { refund_fee: '0.01' }, 'progress'],
    ['TRADE_SUCCESS', { gmt_refund: '2026-11-21 12:00:00.123' }, 'progress'],
    ['TRADE_SUCCESS', { refund_fee: '0.00', gmt_refund: '2026-11-21 12:00:00.123' }, 'payment'],
    ['TRADE_SUCCESS', { out_biz_no: 'r', gmt_refund: '2026-11-21 12:00:00.123' }, 'refund'],
  ])('in the state %s with %j is a %s', async (trade_status, over, is) => {
    expect(await read(pen.notification(fields({ trade_status, ...over })))).toMatchObject({ is })
  })

  it('of another seller, app or amount is read as it is: comparing is the resolver’s', async () => {
    const other = { seller_id: '2088000000000001', app_id: '2021000000000001', total_amount: '0.01' }
    expect(await read(pen.notification(fields(other)))).toEqual({
      is: 'payment',
      facts: { ...facts, merchant: other.seller_id, app: other.app_id, amount: 1n },
    })
  })
})

describe('not believed', () => {
  it('is somebody else’s signature', async () => {
    await expect(read(forgersPen.notification(fields()))).rejects.toEqual(rejected('signature'))
  })

  it('is one that any one byte was changed of', async () => {
    const body = pen.notification(fields())
    for (const [from, to] of [
      ['19.90', '19.91'],
      ['TRADE_SUCCESS', 'TRADE_SUCCESs'],
      [account.sellerId, account.sellerId.replace(/.$/, '0')],
      ['8000000000000001', '8000000000000002'],
      ['sign=', 'sign=A'],
    ] as const) {
      expect(body).toContain(from)
      await expect(read(body.replace(from, to))).rejects.toEqual(rejected('signature'))
    }
  })

  it('is one without a signature, or of a weaker kind', async () => {
    const body = pen.notification(fields())
    await expect(read(body.replace(/&sign=[^&]*/, ''))).rejects.toEqual(rejected('signature'))
    await expect(read(body.replace('sign_type=RSA2', 'sign_type=RSA'))).rejects.toEqual(rejected('signature'))
    await expect(read(body.replace('&sign_type=RSA2', ''))).rejects.toEqual(rejected('signature'))
    await expect(read('')).rejects.toEqual(rejected('signature'))
  })

  it('is a parameter that comes twice, first or last', async () => {
    const body = pen.notification(fields())
    await expect(read(`${body}&total_amount=0.01`)).rejects.toEqual(rejected('body'))
    await expect(read(`total_amount=0.01&${body}`)).rejects.toEqual(rejected('body'))
    await expect(read(`${body}&sign=x`)).rejects.toEqual(rejected('body'))
  })

  it('is a refund whose fields were folded into another, so that it would look like a payment', async () => {
    const genuine = new URLSearchParams(
      pen.notification(fields({ gmt_payment: '1', gmt_refund: '2', out_biz_no: 'r', refund_fee: '1.00' })),
    )
    // Sorted, the signed text holds `…&gmt_payment=1&gmt_refund=2&notify_id=…`: the same text, parted
    // elsewhere.
    genuine.set('gmt_payment', '1&gmt_refund=2')
    genuine.delete('gmt_refund')
    await expect(read(genuine.toString())).rejects.toEqual(rejected('signature'))
  })

  it.each(['app_id', 'seller_id', 'out_trade_no', 'trade_no', 'trade_status', 'total_amount'])(
    'is one that does not say its %s',
    async (field) => {
      await expect(read(pen.notification(fields({ [field]: undefined })))).rejects.toEqual(rejected('body'))
      await expect(read(pen.notification(fields({ [field]: '' })))).rejects.toEqual(rejected('body'))
    },
  )

  it.each(['1e2', '-1', '0.001', '１'])('is one of %s yuan', async (total_amount) => {
    await expect(read(pen.notification(fields({ total_amount })))).rejects.toEqual(rejected('body'))
  })

  it('is one in another charset', async () => {
    const body = pen.notification(fields()).replace('charset=utf-8', 'charset=GBK')
    await expect(read(body)).rejects.toEqual(rejected('body'))
  })
})

describe('empty parameters', () => {
  it('may be signed or left out of what is signed, and are nothing either way', async () => {
    const body = pen.notification(fields()) // Leaves them out.
    expect(await read(`${body}&refund_fee=&out_biz_no=&gmt_refund=`)).toEqual({ is: 'payment', facts })
    expect(await read(pen.notification(fields({ body: '' })))).toEqual({ is: 'payment', facts })
  })
})

describe('A notification that Alipay itself has signed', () => {
  const posted = alipaysNotification
  const alipays = notificationReader({ publicKey: createPublicKey(alipaysKey) })

  it('is recognised', async () => {
    expect(await alipays(new Headers(), new URLSearchParams(posted).toString())).toEqual({
      is: 'payment',
      facts: {
        ...{
          provider: 'alipay',
          transaction: '2019081522001468450512505578',
          attempt: '20190815155618536-564-57',
          state: 'TRADE_SUCCESS',
        },
        ...{ amount: 10n, currency: 'CNY', merchant: '2088531891668739', app: '2019073166072302' },
      },
    })
  })

  it('is not, for ten times the money', async () => {
    const more = new URLSearchParams({ ...posted, total_amount: '1.00' }).toString()
    await expect(alipays(new Headers(), more)).rejects.toEqual(rejected('signature'))
  })
})
