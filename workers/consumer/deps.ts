import type { Client, Container } from '../../runtime/container.ts'
import type { ConsumerEnv } from '../../runtime/environment.ts'
import type { FlashSaleDeps } from '../../services/flash-sales/deps.ts'

export type ConsumerDeps = FlashSaleDeps & {
  client: Client
  /** The task queue of orders. */
  ordersQueue: string
  /** How many starts of workflows are under way at once. */
  startsInFlight: number
}

/** What the ticket consumer of this process works with. */
export const consumerDeps = (env: ConsumerEnv, container: Container): ConsumerDeps => {
  const { db, gate, queue, client, events, log } = container
  return {
    ...{ sql: db.sql, gate, queue, client, events, log },
    ordersQueue: env.ORDERS_QUEUE,
    startsInFlight: env.CONSUMER_STARTS_IN_FLIGHT,
  }
}
