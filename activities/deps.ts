import type { Logger } from 'pino'
import type { Sql } from '../db/types.ts'
import type { Ids } from '../domain/ids.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import type { Carts } from '../redis/carts/carts.ts'
import type { Events } from '../redis/events.ts'
import type { Gate } from '../redis/gate/gate.ts'
import type { TicketQueue } from '../redis/gate/queue.ts'
import type { Accounts } from '../services/payments/accounts.ts'
import type { RefundDeps } from '../services/payments/refunds/refund.ts'

/** What the services behind the activities work with. */
export type ActivityDeps = {
  sql: Sql
  ids: Ids
  events: Pick<Events, 'announce' | 'announceSession'>
  carts: Pick<Carts, 'removeBought'>
  gate: Gate
  queue: TicketQueue
  providers: Readonly<Record<string, PaymentProvider>>
  accounts: Accounts
  refundFallback: RefundDeps['refundFallback']
  log: Logger
}
