const second = 1000
const minute = 60 * second

/** 支付成功通知, 支付结果通知: again after 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, until it is acknowledged. */
export const pauses = [
  ...[15 * second, 15 * second, 30 * second, 3 * minute, 10 * minute, 20 * minute, 30 * minute, 30 * minute, 30 * minute],
  ...[60 * minute, 180 * minute, 180 * minute, 180 * minute, 360 * minute, 360 * minute],
]
