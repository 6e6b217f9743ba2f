import { type Duty, runDuties } from '../../runtime/poll-loop.ts'
import type { RelayDeps } from './deps.ts'
import { redeliver } from './notifications.ts'
import { emptyOutbox } from './outbox.ts'
import { findOverdue } from './overdue.ts'
import { forgetNotes } from './purge-order-notes.ts'
import { startRefunds } from './refunds.ts'
import { findUnwatched, watch } from './watch.ts'

/** The relay's duties. Many relays may run: due-lists in PostgreSQL share the work. */
const relayDuties = (deps: RelayDeps): Duty[] => [
  { name: 'redeliver notifications', everyMs: 1000, run: () => redeliver(deps) },
  // Each provider for itself: one that is slow or away holds up no other.
  ...Object.values(deps.payments.providers).map((provider) => ({
    name: `watch attempts at ${provider.name}`,
    everyMs: 1000,
    run: () => watch(deps, provider),
  })),
  { name: 'start refunds', everyMs: 1000, run: () => startRefunds(deps) },
  { name: 'empty the outbox', everyMs: 1000, run: () => emptyOutbox(deps) },
  { name: 'forget notes', everyMs: 60_000, run: () => forgetNotes(deps) },
  { name: 'find unwatched attempts', everyMs: 60_000, run: () => findUnwatched(deps) },
  { name: 'find overdue orders', everyMs: 30_000, run: () => findOverdue(deps) },
]

/** Delivers what callbacks and signals did not, until stopped. */
export const startRelay = (deps: RelayDeps): { stop(): Promise<void> } =>
  runDuties(relayDuties(deps), deps.log)
