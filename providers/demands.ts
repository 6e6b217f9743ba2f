/** Notes a field of a configuration that is wrong, with its remedy, unless what it demands holds. */
export type Demand = (holds: boolean, field: string, remedy: string) => void

/** What is wrong with a configuration: all of it, so that an operator mends it in one go. */
export function demands(): { wrong: string[]; demand: Demand } {
  const wrong: string[] = []
  return {
    wrong,
    demand(holds, field, remedy) {
      if (!holds) wrong.push(`${field}: ${remedy}`)
    },
  }
}

/** Whether a text is an absolute http(s) URL. */
export const isUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** How long a call may take. */
export const demandTimeout = (demand: Demand, timeoutMs: number): void =>
  demand(
    Number.isFinite(timeoutMs) && timeoutMs > 0,
    'timeoutMs',
    'must be a positive number of milliseconds',
  )
