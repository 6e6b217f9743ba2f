import type { Sql } from '../../db/types.ts'
import { dayMs, type SessionInput, sessionIdOf, slotOpensAt } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'

type Slot = { minute: number; lastsMin: number; payWithinMs: number; coolOffMs: number; captcha: boolean }
type Planned = { session: SessionInput['session']; opensAt: Date; endsAt: Date }

/**
 * Writes the sessions of today's and tomorrow's slots, each once. A slot finds its session by its opening
 * hour: an operator's that opens at the same moment takes its place; one that opens at another moment and has
 * its id does not.
 * @param now ms since 1970
 * @returns every session that has not ended, whoever planned it, so that one without a workflow gets it
 */
export async function planDay(sql: Sql, now: number): Promise<SessionInput[]> {
  const slots = await sql<Slot[]>`
    SELECT minute,
           lasts_min AS "lastsMin",
           pay_within_ms AS "payWithinMs",
           cool_off_ms AS "coolOffMs",
           captcha
    FROM slots
    ORDER BY minute`
  for (const day of [now, now + dayMs]) {
    for (const slot of slots) {
      const opensAt = slotOpensAt(day, slot.minute)
      if (opensAt + slot.lastsMin * 60_000 > now) await planSlot(sql, slot, new Date(opensAt))
    }
  }
  const living = await sql<Planned[]>`
    SELECT id AS session,
           opens_at AS "opensAt",
           ends_at AS "endsAt"
    FROM sessions
    WHERE phase <> 'ended'
    ORDER BY opens_at, id`
  return living.map(({ session, opensAt, endsAt }) => ({
    session,
    opensAt: opensAt.getTime(),
    endsAt: endsAt.getTime(),
  }))
}

async function planSlot(sql: Sql, slot: Slot, opensAt: Date): Promise<void> {
  const { lastsMin, payWithinMs, coolOffMs, captcha } = slot
  const endsAt = new Date(opensAt.getTime() + lastsMin * 60_000)
  const own = sessionIdOf(opensAt.getTime())
  // The form that operators' own ids have.
  const instead = `${own}${own.includes('-') ? '' : '-'}slot` as SessionId
  for (const id of [own, instead]) {
    await sql`
      INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms, cool_off_ms, captcha)
      VALUES (${id}, ${opensAt}, ${endsAt}, ${payWithinMs}, ${coolOffMs}, ${captcha})
      ON CONFLICT DO NOTHING`
    const [there] = await sql`SELECT 1 FROM sessions WHERE id = ${id} AND opens_at = ${opensAt}`
    if (there) return
  }
}
