import type { OrderId, UserId } from '../../domain/ids.ts'
import type { PaymentProvider } from '../../providers/provider.ts'
import { openContainer } from '../../runtime/container.ts'
import { readEnv, workerVariables } from '../../runtime/environment.ts'
import { openAttempt } from '../../services/payments/attempts/open.ts'

/**
 * The provider calls in which it can die: the provider has acted and answered, and the answer reaches nobody.
 */
export type Call = 'open' | 'close'

/** Opens an attempt as an API process does, and kills itself when the provider has answered that call. */
// The test sets all of them.
const { ORDER, BUYER, CHANNEL, DIE_AFTER } = process.env as Record<string, string>
const { db, ids, payments } = await openContainer(readEnv(workerVariables, process.env))

function dying(provider: PaymentProvider): PaymentProvider {
  const die = async (answered: Promise<unknown>): Promise<never> => {
    await answered
    process.kill(process.pid, 'SIGKILL')
    return new Promise<never>(() => {})
  }
  return DIE_AFTER === 'open'
    ? { ...provider, open: (request) => die(provider.open(request)) }
    : { ...provider, close: (attempt, creation) => die(provider.close(attempt, creation)) }
}

const providers = Object.fromEntries(
  Object.entries(payments.providers).map(([name, provider]) => [name, dying(provider)]),
)
await openAttempt(
  { sql: db.sql, ids, providers, mostAttempts: 20, deliver: () => {} },
  { order: ORDER as OrderId, buyer: BUYER as UserId, channel: CHANNEL ?? '' }, // Rows of the seeded shop.
)
