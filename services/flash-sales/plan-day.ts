import type { Sql } from '../../db/types.ts'
import { dayMs, type SessionInput, sessionIdOf, slotOpensAt } from '../../domain/flash-sale.ts'
import type { SessionId } from '../../domain/ids.ts'

type Slot = { minute: number; lastsMin: number; payWithinMs: number; captcha: boolean }
type Planned = { session: SessionInput['session']; opensAt: Date; endsAt: Date }

/**
 * Writes the sessions that today's and tomorrow's slots ask for, each once; answers every session that has not ended, whoever planned it, so that
 * one without a workflow gets it.
 */
export async function planDay(sql: Sql, now: number): Promise<SessionInput[]> {
  const slots = await sql<
    Slot[]
  >`SELECT minute, lasts_min AS "lastsMin", pay_within_ms AS "payWithinMs", captcha FROM slots ORDER BY minute`
  const wanted = [now, now + dayMs].flatMap((day) =>
    slots.map(({ minute, lastsMin, ...rest }) => {
      const opensAt = slotOpensAt(day, minute)
      return {
        id: slotIdOf(opensAt, minute),
        opensAt: new Date(opensAt),
        endsAt: new Date(opensAt + lastsMin * 60_000),
        ...rest,
      }
    }),
  )
  for (const { id, opensAt, endsAt, payWithinMs, captcha } of wanted.filter(
    (session) => session.endsAt.getTime() > now,
  )) {
    await sql`
      INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms, captcha) VALUES (${id}, ${opensAt}, ${endsAt}, ${payWithinMs}, ${captcha})
      ON CONFLICT DO NOTHING`
  }
  const living = await sql<Planned[]>`
    SELECT id AS session, opens_at AS "opensAt", ends_at AS "endsAt" FROM sessions WHERE phase <> 'ended' ORDER BY opens_at, id`
  return living.map(({ session, opensAt, endsAt }) => ({
    session,
    opensAt: opensAt.getTime(),
    endsAt: endsAt.getTime(),
  }))
}

/** The id of a slot's session: its hour, and for a slot that does not open on the hour its minutes, as an hour may have several. */
function slotIdOf(opensAt: number, minute: number): SessionId {
  const past = minute % 60
  const hour = sessionIdOf(opensAt)
  return past === 0 ? hour : (`${hour}-${String(past).padStart(2, '0')}` as SessionId) // The form that operators' own ids have.
}
