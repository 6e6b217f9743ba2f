import type { Sql, Tx } from '../db/client.ts'
import type { SessionId, SkuId } from '../domain/ids.ts'
import type { Gate } from '../seckill/gate.ts'
import { lockOffers } from './sessions.ts'

type Times = { opensAt: Date; endsAt: Date; paused: boolean }
type Change = Times & { offers: { sku: SkuId; epoch: number }[] }

/** Pauses a session's gates, or lets them admit again. Tickets that are granted go on. */
export const pauseSession = (sql: Sql, gate: Gate, session: SessionId, paused: boolean): Promise<void> =>
  change(sql, gate, session, (tx) => tx`UPDATE sessions SET paused = ${paused} WHERE id = ${session} AND phase <> 'ended'`)

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
  )

/**
 * PostgreSQL first, under the offers' locks, so that a gate that is loaded later is loaded with it; then the gates that are loaded. Throws while
 * one of them has still to be loaded: then it is done again.
 */
async function change(sql: Sql, gate: Gate, session: SessionId, write: (tx: Tx) => PromiseLike<unknown>): Promise<void> {
  const { offers, opensAt, endsAt, paused } = await sql.begin(async (tx): Promise<Change> => {
    await write(tx)
    const offers = await lockOffers(tx, session)
    const [times] = await tx<Times[]>`SELECT opens_at AS "opensAt", ends_at AS "endsAt", paused FROM sessions WHERE id = ${session}`
    if (!times) throw new Error(`there is no session ${session}`)
    return { ...times, offers: offers.filter(({ preheated }) => preheated) }
  })
  const phase = { paused, opensAt: opensAt.getTime(), endsAt: endsAt.getTime() }
  for (const { sku, epoch } of offers) {
    const heard = await gate.setPhase({ session, sku }, epoch, phase)
    if (heard === 'older') throw new Error(`the gate of ${sku} in session ${session} has still to be loaded`)
  }
}
