import { Cluster, Redis } from 'ioredis'
import { ConfigurationError } from '../domain/configuration.ts'

/** Redis answers soon or not at all; what is asked in one moment goes in one packet. */
const patience = { maxRetriesPerRequest: 2, commandTimeout: 2000 }

/** A connection to one Redis or Valkey, with the time-outs of this project. */
export const openRedis = (url: string): Redis => new Redis(url, { ...patience, enableAutoPipelining: true })

type GateEnv = { GATE_URL?: string | undefined; GATE_CLUSTER: 'on' | 'off' }

/**
 * The gate may have a Redis of its own, or a cluster; by default it shares the one of carts and events.
 * @throws {ConfigurationError} when a cluster has no address
 */
export function openGateRedis({ GATE_URL, GATE_CLUSTER }: GateEnv, shared: Redis): Redis | Cluster {
  if (GATE_CLUSTER === 'off') return GATE_URL === undefined ? shared : openRedis(GATE_URL)
  if (GATE_URL === undefined)
    throw new ConfigurationError(
      'GATE_URL: GATE_CLUSTER is on, so name one node of the cluster, e.g. redis://127.0.0.1:7000.',
    )
  return new Cluster([GATE_URL], { enableAutoPipelining: true, redisOptions: clusterNode(GATE_URL) })
}

/**
 * How every node of a cluster is connected to: nodes that the first one names come as host and port alone, so
 * user, password and TLS are taken from its URL.
 */
export function clusterNode(url: string) {
  const { protocol, username, password } = new URL(url)
  return {
    ...patience,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  }
}
