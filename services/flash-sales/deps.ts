import type { Logger } from 'pino'
import type { Sql } from '../../db/types.ts'
import type { Events } from '../../redis/events.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import type { TicketQueue } from '../../redis/gate/queue.ts'

/** What changes an offer in PostgreSQL and at its gate. */
export type OfferDeps = Pick<FlashSaleDeps, 'sql' | 'gate'>

/** What staging tickets and supervising gates work with. */
export type FlashSaleDeps = {
  sql: Sql
  gate: Gate
  queue: TicketQueue
  events: Pick<Events, 'announce' | 'announceOffer' | 'announceSession'>
  log: Logger
}
