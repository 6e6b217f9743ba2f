import { Cluster, type Redis } from 'ioredis'
import type { GateRedis } from './join.ts'

/**
 * The eviction policy of each server that holds gates. Every gate key has a TTL, so that under any policy but
 * `noeviction` a server that is short of memory may remove an offer's queue.
 * @see https://redis.io/docs/latest/develop/reference/eviction/
 */
export async function evictionPolicies(redis: GateRedis): Promise<string[]> {
  const nodes: Redis[] = redis instanceof Cluster ? redis.nodes('master') : [redis]
  return await Promise.all(
    nodes.map(async (node) => {
      // CONFIG GET is forbidden at many hosted servers; INFO is not.
      const [, policy = 'unknown'] = /^maxmemory_policy:(\S+)/m.exec(await node.info('memory')) ?? []
      return policy
    }),
  )
}
