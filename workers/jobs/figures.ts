import { shopFigures } from '../../db/reads/figures.ts'
import type { Sql } from '../../runtime/container.ts'
import { sampleGauges } from '../../runtime/metrics.ts'

/**
 * What waits in PostgreSQL, as gauges of this process. Every jobs process shows the same: take the maximum.
 */
export function sampleShop(sql: Sql, warn: (error: unknown) => void): void {
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
    ],
    () => shopFigures(sql),
    { warn },
  )
}
