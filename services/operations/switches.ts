import type { Sql } from '../../db/types.ts'

/** What can be switched off for all processes at once. */
export type SwitchName = 'event_streams'

/** Switches something on or off; every process heeds it within a second or two. */
export async function setSwitch(sql: Sql, name: SwitchName, isOn: boolean): Promise<void> {
  await sql`
    INSERT INTO switches (name, is_on)
    VALUES (${name}, ${isOn})
    ON CONFLICT (name) DO UPDATE
    SET is_on = excluded.is_on,
        changed_at = now()`
}

/** Whether it is on; what nobody has switched is. */
export async function readSwitch(sql: Sql, name: SwitchName): Promise<boolean> {
  const [row] = await sql<{ isOn: boolean }[]>`
    SELECT is_on AS "isOn"
    FROM switches
    WHERE name = ${name}`
  return row?.isOn ?? true
}
