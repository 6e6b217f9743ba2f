import type { Sql, Tx } from '../../db/types.ts'
import type { SessionPhase } from '../../domain/flash-sale.ts'
import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { Gate } from '../../redis/gate/gate.ts'
import { lockOffers } from './sessions.ts'

type Hours = Parameters<Gate['setPhase']>[2]
type Row = { opensAt: Date; endsAt: Date; paused: boolean; phase: SessionPhase }
type Change = { hours: Hours; offers: { sku: SkuId; epoch: number }[] }

/** Pauses a session's gates, or lets them admit again. Tickets that are granted go on. Nothing is left to pause when it has ended. */
export const pauseSession = (sql: Sql, gate: Gate, session: SessionId, paused: boolean): Promise<void> =>
  change(
    sql,
    gate,
    session,
    (tx) => tx`UPDATE sessions SET paused = ${paused} WHERE id = ${session} AND phase <> 'ended'`,
  )

/** Closes a session's gates at its end, or now when that is earlier: from then on they answer `ended`. */
export const closeGates = (sql: Sql, gate: Gate, session: SessionId): Promise<void> =>
  change(
    sql,
    gate,
    session,
    // One that has not opened yet never opens.
    (tx) => tx`
      UPDATE sessions SET ends_at = least(ends_at, greatest(now(), opens_at + interval '1 millisecond')), paused = paused OR now() < opens_at
      WHERE id = ${session} AND phase <> 'ended'`,
    overByAnyClock,
  )

/** A gate's node may be behind the database's clock: nobody may get in once the gates are said to be closed. */
const overByAnyClock: Hours = { paused: false, opensAt: 0, endsAt: 0 }

/**
 * PostgreSQL first, under the offers' locks, so that a gate that is loaded later is loaded with it; then the gates that are loaded. Throws while
 * one of them has still to be loaded: then it is done again.
 */
async function change(
  sql: Sql,
  gate: Gate,
  session: SessionId,
  write: (tx: Tx) => PromiseLike<unknown>,
  told?: Hours,
): Promise<void> {
  const { offers, hours } = await sql.begin(async (tx): Promise<Change> => {
    await write(tx)
    const offers = await lockOffers(tx, session)
    const [row] = await tx<
      Row[]
    >`SELECT opens_at AS "opensAt", ends_at AS "endsAt", paused, phase FROM sessions WHERE id = ${session}`
    if (!row) throw new Error(`there is no session ${session}`)
    const hours = { paused: row.paused, opensAt: row.opensAt.getTime(), endsAt: row.endsAt.getTime() }
    return {
      hours: told ?? hours,
      offers: row.phase === 'ended' ? [] : offers.filter(({ preheated }) => preheated),
    }
  })
  for (const { sku, epoch } of offers) {
    const heard = await gate.setPhase({ session, sku }, epoch, hours)
    if (heard === 'older') throw new Error(`the gate of ${sku} in session ${session} has still to be loaded`)
  }
}
