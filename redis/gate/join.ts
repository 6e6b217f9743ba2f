import type { Cluster, Redis } from 'ioredis'
import type { TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, UserId } from '../../domain/ids.ts'

/** One Redis or Valkey, or a cluster of them. */
export type GateRedis = Redis | Cluster

/**
 * A request to buy `pieces` of an offer, with a token that the buyer was given for it. `ticket`: a fresh id,
 * used only when it is granted.
 */
export type Join = { buyer: UserId; pieces: number; address: AddressId; token: string; ticket: TicketId }
