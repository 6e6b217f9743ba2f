import autocannon from 'autocannon'

/** A request; POST, unless it says otherwise. */
export type Shot = {
  method?: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body: string
}
export type ToCannon = { url: string; connections: number; shots: Shot[] }
export type FromCannon =
  | { perS: number; tookMs: number[]; statuses: Record<string, number>; errors: number }
  | { ready: true }

/**
 * The load process: fires each shot once, over so many connections, and says how many were answered a second,
 * and how long each took.
 */
process.on('message', async ({ url, connections, shots }: ToCannon) => {
  const each = Math.floor(shots.length / connections)
  let next = 0
  const tookMs: number[] = []
  const began = performance.now()
  let last = began // autocannon itself looks only once a second whether it is done.
  const result = await autocannon({
    ...{ url, connections, amount: each * connections },
    setupClient(client) {
      const mine = shots.slice(next * each, (next + 1) * each)
      next++
      client.setRequests(mine.map((shot) => ({ method: 'POST', ...shot })))
      client.on('response', (_status, _bytes, ms) => {
        last = performance.now()
        tookMs.push(ms)
      })
    },
  })
  const statuses = Object.fromEntries(
    Object.entries(result.statusCodeStats).map(([status, { count }]) => [status, count]),
  )
  const fired: FromCannon = {
    perS: (each * connections * 1000) / (last - began),
    tookMs,
    statuses,
    errors: result.errors + result.timeouts,
  }
  process.send?.(fired)
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true } satisfies FromCannon)
