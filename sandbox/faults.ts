import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Failure, Operation, Switchboard } from './switches.ts'

export type Operated<A> = {
  operation: Operation
  /** Whose switches count besides the global ones. */
  trade: string | undefined
  /** What the provider does; its refusals are answers. */
  act(): Promise<A>
  /** The provider's refusal that is switched on. */
  failed(failure: Failure): Response
  reply(answer: A, signer: 'provider' | 'forger'): Response
}

/** One call of a merchant, with the faults that are switched on around what it does. */
export async function withFaults<A>(
  c: { env: HttpBindings },
  switches: Switchboard,
  { operation, trade, act, failed, reply }: Operated<A>,
): Promise<Response> {
  await sleep(switches.get('slowMs', trade)?.[operation] ?? 0)
  const failure = switches.failure(operation, trade)
  if (failure) return failed(failure)
  const answer = await act()
  if (switches.takes('loseAnswer', operation, trade)) {
    c.env.incoming.socket.destroy()
    return RESPONSE_ALREADY_SENT
  }
  return reply(answer, switches.takes('forgedAnswer', operation, trade) ? 'forger' : 'provider')
}
