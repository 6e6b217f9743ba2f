import { type PollLoop, runPollLoops } from '../../runtime/poll-loop.ts'
import { purgeOrderNotes } from '../../services/orders/notes.ts'
import { auditBooks } from './audit.ts'
import type { JobsDeps } from './deps.ts'
import { redeliver } from './notifications.ts'
import { emptyOutbox } from './outbox.ts'
import { closeAbandoned, findOverdue } from './overdue.ts'
import { pruneRows } from './prune.ts'
import { findStuckRefunds, startRefunds } from './refunds.ts'
import { findUnwatched, watch } from './watch.ts'

/** Many processes may run them: due-lists in PostgreSQL share the work. */
const jobLoops = (deps: JobsDeps): PollLoop[] => [
  { name: 'redeliver notifications', everyMs: 1000, run: () => redeliver(deps) },
  // Each provider for itself: one that is slow or away holds up no other.
  ...Object.values(deps.payments.providers).map((provider) => ({
    name: `watch attempts at ${provider.name}`,
    everyMs: 1000,
    run: () => watch(deps, provider),
  })),
  { name: 'start refunds', everyMs: 1000, run: () => startRefunds(deps) },
  { name: 'empty the outbox', everyMs: 1000, run: () => emptyOutbox(deps) },
  { name: 'forget notes', everyMs: 60_000, run: () => purgeOrderNotes(deps.sql) },
  { name: 'prune', everyMs: 60_000, run: () => pruneRows(deps) },
  { name: 'find unwatched attempts', everyMs: 60_000, run: () => findUnwatched(deps) },
  { name: 'find overdue orders', everyMs: 30_000, run: () => findOverdue(deps) },
  { name: 'close abandoned orders', everyMs: 30_000, run: () => closeAbandoned(deps) },
  { name: 'find stuck refunds', everyMs: 30_000, run: () => findStuckRefunds(deps) },
  { name: 'audit the books', everyMs: 60_000, run: () => auditBooks(deps) },
]

/** Delivers what callbacks and signals did not, until stopped. */
export const startJobs = (deps: JobsDeps): { stop(): Promise<void> } => runPollLoops(jobLoops(deps), deps.log)
