import type { Db } from '../../../db/client.ts'
import { seed } from '../../../db/seed/seed.ts'
import type {
  AddressId,
  AttemptNumber,
  CouponId,
  Ids,
  OrderId,
  RefundNumber,
  SkuId,
  UserId,
} from '../../../domain/ids.ts'
import { fen } from '../../../domain/money.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import type { PaymentProvider } from '../../../providers/provider.ts'
import { clearAttention } from '../../../services/operations/attention.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { openAttempt } from '../../../services/payments/attempts/open.ts'
import { storePayment } from '../../../services/payments/notifications.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { refundAtProvider } from '../../../services/payments/refunds/send.ts'
import { resolvePayment } from '../../../services/payments/resolve-payment.ts'
import { type SaleFixture, saleFixture } from './sale-fixtures.ts'

/**
 * A seeded shop with one order of each life, placed by the activities in the order of the workflow, and with
 * flash sales.
 */
export type Fixture = {
  paid: OrderId
  awaiting: OrderId
  closed: OrderId
  rejected: OrderId
  onDelivery: OrderId
  fromWallet: OrderId
  /** First in part, then all the rest. */
  refunded: OrderId
  partlyRefunded: OrderId
  /** Refunded whole by its pieces, none of which is on our shelf again; it had shipped free. */
  lost: OrderId
  /** Paid from the wallet, its refund still on its way there. */
  backToWallet: OrderId
  /** Paid too late; the provider could not send it back. */
  intoWallet: OrderId
  sale: SaleFixture
}

const accounts = {
  'wechat-v3': { merchant: 'm', app: 'a' },
  balance: { merchant: 'floodgate', app: 'wallet' },
}
const wechat: PaymentProvider = {
  name: 'wechat-v3',
  channels: { 'wechat-v3': 'native' },
  timeoutMs: 1000,
  open: async () => ({ is: 'open', answer: { kind: 'qr', qr: 'weixin://' } }),
  query: async () => ({ is: 'closed', state: 'CLOSED' }),
  close: async () => ({ is: 'closed', state: 'CLOSED' }),
  refund: async () => ({ is: 'success', code: 'SUCCESS' }),
  queryRefund: async () => ({ is: 'missing', code: 'NONE' }),
}

/**
 * `paid` has coupon, points, a part from the wallet and was paid by WeChat; `closed` was paid too late, and
 * its money is on its way back.
 */
export async function fixture({ orm, sql }: Db, ids: Ids): Promise<Fixture> {
  await seed({ orm }, ids, { buyers: 8 })
  const balance: PaymentProvider = { ...wechat, name: 'balance', channels: { balance: 'wallet' } }
  const attempts = {
    sql,
    ids,
    providers: { 'wechat-v3': wechat, balance },
    mostAttempts: 20,
    deliver: () => {},
  }

  const place = async (
    buyer: number,
    but: Partial<OrderInput> & { coupon?: true } = {},
  ): Promise<OrderId> => {
    const input = await inputOf({ sql, ids }, String(20000 + buyer), but)
    const { status } = await openAlone(sql, input, 'run')
    if (status === 'rejected') return input.orderId
    await placeStep(sql, input.orderId, 'reserve_stock')
    if (input.couponId !== undefined) await placeStep(sql, input.orderId, 'lock_coupon')
    if (input.balance !== '0') await placeStep(sql, input.orderId, 'debit_balance')
    if (input.points !== '0') await placeStep(sql, input.orderId, 'spend_points')
    await confirmOrder(sql, input.orderId, 1_800_000)
    return input.orderId
  }
  const pay = async (order: OrderId, buyer: number): Promise<AttemptNumber> =>
    (await openAttempt(attempts, { order, buyer: String(20000 + buyer) as UserId, channel: 'wechat-v3' }))
      .number
  const notify = async (attempt: AttemptNumber, transaction: string): Promise<void> => {
    const [row] = await sql<
      { amount: bigint }[]
    >`SELECT amount_fen AS amount FROM attempts WHERE number = ${attempt}`
    const facts = {
      provider: 'wechat-v3',
      transaction,
      attempt,
      state: 'SUCCESS',
      amount: fen(row?.amount ?? 0n),
      currency: 'CNY',
      ...accounts['wechat-v3'],
    }
    await resolvePayment(sql, accounts, (await storePayment({ sql, ids }, facts, 'callback')).id)
  }

  const paid = await place(1, { coupon: true, points: '100', balance: '1000' })
  await notify(await pay(paid, 1), 't1')
  const awaiting = await place(2, { coupon: true, balance: '500' })
  await pay(awaiting, 2)
  const closed = await place(3, { coupon: true, points: '50' })
  const late = await pay(closed, 3)
  await closeOrder(sql, closed, 'pay_timeout')
  await sql`UPDATE attempts SET state = 'closed', ended_at = now() WHERE number = ${late}`
  await closeOrder(sql, closed, 'pay_timeout')
  await notify(late, 't2')
  const rejected = await place(4, { lines: [{ sku: '1' as SkuId, quantity: 1, unitPrice: '1' }] })
  const onDelivery = await place(5, { payment: 'on_delivery' })
  const fromWallet = await place(6)
  const payFromWallet = async (order: OrderId, buyer: UserId): Promise<void> => {
    await openAttempt(attempts, { order, buyer, channel: 'balance' })
    for (const { id } of await sql<
      { id: string }[]
    >`SELECT id::text AS id FROM notifications WHERE outcome IS NULL`)
      await resolvePayment(sql, accounts, id as Parameters<typeof resolvePayment>[2])
  }
  await payFromWallet(fromWallet, '20006' as UserId)
  const refunded = await place(7, { coupon: true, points: '77', balance: '1001' })
  await notify(await pay(refunded, 7), 't3')
  const byOperator = { cause: 'operator', reason: 'broken', askedBy: 'operator-7' } as const
  await refundOrder(sql, refunded, {
    ...byOperator,
    key: 'one',
    choice: { lines: [{ line: 1, quantity: 1 }], shipping: false },
  })
  await refundOrder(sql, refunded, { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '20001' })
  const partlyRefunded = await place(8)
  await notify(await pay(partlyRefunded, 8), 't4')
  await refundOrder(sql, partlyRefunded, {
    ...byOperator,
    key: 'one',
    choice: { lines: [{ line: 2, quantity: 1 }], shipping: false },
  })
  const lost = await place(8, { lines: [{ sku: '1001' as SkuId, quantity: 4, unitPrice: '5900' }] })
  await notify(await pay(lost, 8), 't6')
  await refundOrder(sql, lost, {
    ...byOperator,
    key: 'lost',
    choice: { lines: [{ line: 1, quantity: 4 }], shipping: false },
    restock: false,
  })
  const backToWallet = await place(6)
  await payFromWallet(backToWallet, '20006' as UserId)
  await refundOrder(sql, backToWallet, { ...byOperator, key: 'all' })
  const intoWallet = await place(8)
  const tooLate = await pay(intoWallet, 8)
  await sql`UPDATE attempts SET state = 'closed', ended_at = now() WHERE number = ${tooLate}`
  await closeOrder(sql, intoWallet, 'pay_timeout')
  await notify(tooLate, 't5')
  const cannot: PaymentProvider = {
    ...wechat,
    queryRefund: async () => ({ is: 'abnormal', code: 'ABNORMAL' }),
  }
  await refundAtProvider(
    { sql, providers: { 'wechat-v3': cannot }, refundFallback: 'wallet' },
    'late-wechat-v3-t5' as RefundNumber,
  )
  await clearAttention(sql, 'refund_failed', 'late-wechat-v3-t5')
  const sale = await saleFixture(sql, ids, payFromWallet)
  return {
    paid,
    awaiting,
    closed,
    rejected,
    onDelivery,
    fromWallet,
    refunded,
    partlyRefunded,
    lost,
    backToWallet,
    intoWallet,
    sale,
  }
}

async function inputOf(
  { sql, ids }: Pick<Db, 'sql'> & { ids: Ids },
  buyer: string,
  { coupon, ...but }: Partial<OrderInput> & { coupon?: true },
): Promise<OrderInput> {
  const [row] = await sql<{ address: AddressId; coupon: CouponId }[]>`
    SELECT a.id::text AS address, c.id::text AS coupon FROM addresses a JOIN user_coupons c USING (user_id)
    WHERE a.user_id = ${buyer} AND a.is_default AND c.coupon_id = 501`
  const rates = await sql<{ province: string; fee: string; free: string | null }[]>`
    SELECT province, fee_fen::text AS fee, free_from_fen::text AS free FROM shipping_rates`
  if (!row) throw new Error(`buyer ${buyer} has no address or no coupon`)
  return {
    orderId: ids.next() as OrderId,
    buyerId: buyer as UserId,
    kind: 1,
    source: 'web',
    lines: [
      { sku: '1001' as SkuId, quantity: 2, unitPrice: '5900' },
      { sku: '1013' as SkuId, quantity: 1, unitPrice: '6900' },
    ],
    rates: Object.fromEntries(rates.map(({ province, fee, free }) => [province, { fee, freeFrom: free }])),
    addressId: row.address,
    ...(coupon ? { couponId: row.coupon } : {}),
    points: '0',
    balance: '0',
    payment: 'online',
    fingerprint: 'f',
    payWithinMs: 1_800_000,
    ...but,
  }
}
