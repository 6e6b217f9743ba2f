import { ConfigurationError } from '../domain/configuration.ts'
import type { Container } from './container.ts'

/**
 * Refuses to go on with a gate whose Redis may evict keys: every gate key has a TTL, so that under any policy
 * but `noeviction` a server that is short of memory may remove an offer's queue with granted tickets in it. A
 * server that does not answer now is checked once it does; then there is only an error in the log.
 * @throws {ConfigurationError} with the remedy
 */
export async function requireNoEviction({ gate, log }: Pick<Container, 'gate' | 'log'>): Promise<void> {
  const policies = await gate.evictionPolicies().catch(() => undefined)
  if (policies === undefined) {
    log.warn('the gate’s Redis does not answer: its maxmemory-policy is checked once it does')
    gate.redis.once('ready', () => {
      requireNoEviction({ gate, log }).catch((error) => log.error({ error }, 'the gate’s Redis'))
    })
    return
  }
  const wrong = policies.find((policy) => policy !== 'noeviction')
  if (wrong === undefined) return
  throw new ConfigurationError(
    `GATE_URL (or REDIS_URL): maxmemory-policy is ${wrong}, so that this server may remove tickets. Set it to ` +
      'noeviction (CONFIG SET maxmemory-policy noeviction, and in its configuration), or give the gate a server of ' +
      'its own with GATE_URL, and start again.',
  )
}
