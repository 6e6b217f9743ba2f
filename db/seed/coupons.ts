import { fen } from '../../domain/money.ts'

const days = (from: Date, count: number): Date => new Date(from.getTime() + count * 86_400_000)

/**
 * The kinds of coupon there are, with fixed ids: amount off, percent off (one of them for the coffee only),
 * free shipping, and two out of their window.
 */
export function seededCoupons(now: Date) {
  const open = { validFrom: days(now, -30), validUntil: days(now, 180) }
  const over = { validFrom: days(now, -60), validUntil: days(now, -30) }
  const early = { validFrom: days(now, 200), validUntil: days(now, 230) }
  const amountOff = (amount: number, minimum: number) => ({
    kind: 'amount_off' as const,
    amountFen: fen(amount),
    minimumFen: fen(minimum),
  })
  const percentOff = (percent: number, cap: number) => ({
    kind: 'percent_off' as const,
    percent,
    capFen: fen(cap),
    minimumFen: fen(0),
  })
  const coffee = [1001n, 1002n, 1003n]
  return [
    { id: 501n, name: '满 49 减 10 · 10 off 49', ...amountOff(1000, 4900), ...open },
    { id: 502n, name: '满 199 减 30 · 30 off 199', ...amountOff(3000, 19900), ...open },
    { id: 503n, name: '九折，最多 50 · 10 % off, 50 at most', ...percentOff(10, 5000), ...open },
    { id: 504n, name: '咖啡八折 · 20 % off coffee', ...percentOff(20, 4000), scope: coffee, ...open },
    { id: 505n, name: '包邮 · free shipping', kind: 'free_shipping' as const, ...open },
    { id: 506n, name: '上月优惠 · last month', ...amountOff(2000, 0), ...over },
    { id: 507n, name: '下季优惠 · next season', ...amountOff(2000, 0), ...early },
  ]
}

/** Which of them the nth buyer has: everybody 501, most something more. */
export function couponsOfBuyer(n: number): bigint[] {
  const more = [[502n], [503n], [504n, 505n], [505n], [506n, 503n], [507n]][n % 6] ?? []
  return [501n, ...more]
}
