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
  const off = (id: bigint, name: string, amount: number, minimum: number, window = open) => ({
    ...{ id, name, kind: 'amount_off' as const, amountFen: fen(amount), minimumFen: fen(minimum), ...window },
  })
  const percent = (
    id: bigint,
    name: string,
    of: number,
    cap: number,
    minimum: number,
    scope: bigint[] | null = null,
  ) => ({
    ...{
      id,
      name,
      kind: 'percent_off' as const,
      percent: of,
      capFen: fen(cap),
      minimumFen: fen(minimum),
      scope,
      ...open,
    },
  })
  return [
    off(501n, '满 49 减 10 · 10 off 49', 1000, 4900),
    off(502n, '满 199 减 30 · 30 off 199', 3000, 19900),
    percent(503n, '九折，最多 50 · 10 % off, 50 at most', 10, 5000, 0),
    percent(504n, '咖啡八折 · 20 % off coffee', 20, 4000, 0, [1001n, 1002n, 1003n]),
    { id: 505n, name: '包邮 · free shipping', kind: 'free_shipping' as const, ...open },
    off(506n, '上月优惠 · last month', 2000, 0, over),
    off(507n, '下季优惠 · next season', 2000, 0, early),
  ]
}

/** Which of them the nth buyer has: everybody 501, most something more. */
export function couponsOfBuyer(n: number): bigint[] {
  const more = [[502n], [503n], [504n, 505n], [505n], [506n, 503n], [507n]][n % 6] ?? []
  return [501n, ...more]
}
