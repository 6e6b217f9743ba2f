import type { SessionId } from '../domain/ids.ts'
import type { Container } from '../runtime/container.ts'
import type { Shot } from './cannon.ts'
import { type Figure, say } from './figures.ts'
import { inTurns, startOneApi } from './one-api.ts'
import { makeShop, warehouse } from './shop.ts'

const [sessions, offersEach] = [14, 60]
const requests = 12_000
const connections = 60

/**
 * The list of sessions, which everybody reloads, beside a bare Hono route that says hello: as a browser asks
 * for it the first time (compressed), and as it asks again (304).
 */
export async function benchSales(rounds: number): Promise<Figure[]> {
  const one = await startOneApi('./floor/bare-api.ts', { TRUSTED_PROXIES: '127.0.0.1' })
  const { container, url, bareUrl } = one
  try {
    await planSales(container)
    const first = await fetch(`${url}/v1/seckill/sessions`)
    const tag = first.headers.get('etag') ?? ''
    say(`the list has ${(await first.text()).length} characters`)
    const list = (n: number, headers: Record<string, string>): Shot => ({
      ...{ method: 'GET', path: '/v1/seckill/sessions', body: '' },
      headers: { 'accept-encoding': 'gzip, br', 'x-forwarded-for': addressOf(n), ...headers },
    })
    const hello = (shot: Shot): Shot => ({ ...shot, path: '/hello' })
    const fire = (to: string, status: string) => (shots: Shot[]) =>
      one.fire(to, { shots, status, connections })
    const figures: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      figures[name] = [...(figures[name] ?? []), value]
    }
    for (let round = 0; round <= rounds; round++) {
      for (const [name, status, headers] of [
        ['list', '200', {}],
        ['list_304', '304', { 'if-none-match': tag }],
      ] as const) {
        const shots = Array.from({ length: requests }, (_, n) => list(n, headers))
        const [ours, bare] = await inTurns(shots, fire(url, status), (some) =>
          fire(bareUrl, '200')(some.map(hello)),
        )
        if (round === 0) continue // Warm-up.
        note(`${name}_vs_hello`, ours.perS / bare.perS)
        note(`${name}_per_s`, ours.perS)
        note(`${name}_cpu_us`, ours.cpuUs)
      }
      if (round > 0) say(`round ${round} of ${rounds}: ${figures.list_per_s?.at(-1)?.toFixed(0)} lists/s`)
    }
    return Object.entries(figures).map(([figure, measured]) => ({ figure, rounds: measured, target: null }))
  } finally {
    await one.close()
  }
}

/** Behind so many addresses that no limit is met. */
const addressOf = (n: number): string => `10.1.${(n >> 8) & 255}.${n & 255}`

/** A day's slots as a shop has them: a session an hour, the first of them on, with so many offers each. */
async function planSales({ db, ids }: Container): Promise<void> {
  const { skus } = await makeShop(db, ids)
  const { sql } = db
  const [product] = await sql`SELECT product_id AS id FROM skus WHERE id = ${skus[0] ?? ''}`
  const offered = Array.from({ length: offersEach }, () => ids.next())
  await sql`
    INSERT INTO skus (id, product_id, name, image, attributes, price_fen)
    SELECT id, ${product?.id}, 'Bench ' || id, '/images/' || id || '.png', '{"size": "M"}'::jsonb, 5000
    FROM unnest(${offered}::bigint[]) AS id`
  for (let hour = 0; hour < sessions; hour++) {
    const id = `2026010100-${ids.next()}` as SessionId // The form of an operator's id.
    await sql`
      INSERT INTO sessions (id, opens_at, ends_at, pay_within_ms)
      SELECT ${id}, opens_at, opens_at + interval '1 hour', 600000
      FROM (VALUES (now() + make_interval(hours => ${hour}))) AS slot (opens_at)`
    await sql`
      INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota)
      SELECT ${id}, sku, ${warehouse}, 4000, 1000
      FROM unnest(${offered}::bigint[]) AS sku`
  }
}
