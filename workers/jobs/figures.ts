import { shopFigures } from '../../db/reads/figures.ts'
import { countStatusChanges } from '../../db/reads/order-log.ts'
import type { Sql } from '../../runtime/container.ts'
import { sampleCounter, sampleGauges } from '../../runtime/sampled-metrics.ts'

type Sampling = { warn?: (error: unknown) => void; everyMs?: number }

/**
 * What waits in PostgreSQL, and what became of orders, as figures of this process. Every jobs process shows
 * the same: take the maximum.
 */
export function sampleShop(sql: Sql, sampling: Sampling = {}): void {
  sampleGauges(
    [
      { name: 'orders_open', help: 'Orders that are neither paid nor ended', labels: ['status'] },
      {
        name: 'due_oldest_seconds',
        help: 'How long the row that is due longest has been due; 0: none',
        labels: ['list'],
      },
      { name: 'tickets_unstarted', help: 'Staged tickets of flash sales whose order has not begun' },
      { name: 'attention_open', help: 'Rows that ask a human to act', labels: ['reason'] },
      { name: 'reconciliation_open', help: 'Differences with statements that nobody has cleared' },
      { name: 'audit_age_seconds', help: 'How long ago the last audit of the books ended' },
      {
        name: 'audit_differences',
        help: 'Rows that did not add up in the last audit of the books',
        labels: ['check'],
      },
    ],
    () => shopFigures(sql),
    sampling,
  )
  const changes = countStatusChanges(sql)
  sampleCounter(
    {
      name: 'order_status_changes_total',
      help: 'Orders that have reached a status, since this process was first asked',
      labels: ['status'],
    },
    async () => (await changes()).map(({ status, count }) => ({ labels: { status }, value: count })),
    sampling,
  )
}
