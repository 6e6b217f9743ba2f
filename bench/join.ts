import { setTimeout as pause } from 'node:timers/promises'
import { createBrowser } from '../demo/crowd/http.ts'
import type { OfferKey } from '../domain/flash-sale.ts'
import { tokenSigner } from '../local/sign-in.ts'
import type { Container } from '../runtime/container.ts'
import type { Shot } from './cannon.ts'
import { type Figure, inParallel, say } from './figures.ts'
import { openedOffer } from './offer.ts'
import { inTurns, startOneApi } from './one-api.ts'
import { makeShop } from './shop.ts'

const buyers = 9000
const connections = 60

/**
 * One API process beside a bare Hono process of the same settings, both hit by autocannon with the same
 * requests: joins that are let in beside one EVALSHA of INCR, and sold-out answers beside "hello". Each buyer
 * has a bearer of their own, verified before the clock starts, as fetching the token does.
 */
export async function benchJoin(rounds: number): Promise<Figure[]> {
  const one = await startOneApi('./floor/bare-api.ts', {
    TRUSTED_PROXIES: '127.0.0.1',
    TOKENS_PER_BUYER_PER_MINUTE: '100000',
  })
  const { container, keys, url, bareUrl } = one
  const browser = createBrowser(url, connections)
  try {
    const signed = tokenSigner(keys.jwt.privateKey)
    const bearers = Array.from({ length: buyers }, (_, n) => signed(String(800_001 + n)))
    const shop = await makeShop(container.db, container.ids)
    const address = shop.buyers[0]?.address ?? ''
    const fire = (to: string, shots: Shot[], status: string) => one.fire(to, { shots, status, connections })
    const names = [
      'join_vs_bare',
      'sold_out_vs_hello',
      'joins_per_s',
      'bare_per_s',
      'sold_out_per_s',
      'hello_per_s',
      'join_cpu_us',
      'bare_cpu_us',
      'sold_out_cpu_us',
      'hello_cpu_us',
    ] as const
    const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
      (typeof names)[number],
      number[]
    > // One list a name.
    for (let round = 0; round <= rounds; round++) {
      const offer = await openOffer(container, url, buyers)
      const path = pathOf(offer)
      const shots: Shot[] = []
      await inParallel(buyers, connections, async (n) => {
        const headers = headersOf(bearers[n] ?? '', n)
        const { status, body } = await browser.ask('POST', `${path}/token`, { headers, json: {} })
        if (status >= 300) throw new Error(`a token was answered ${status} ${JSON.stringify(body)}`)
        shots.push(shot(`${path}/tickets`, headers, { token: body.token, quantity: 1, addressId: address }))
      })
      const [joins, counts] = await inTurns(
        shots,
        (some) => fire(url, some, '202'),
        (some) => fire(bareUrl, some, '202'),
      )
      const empty = pathOf(await openOffer(container, url, 0))
      const late = bearers.map((bearer, n) =>
        shot(`${empty}/tickets`, headersOf(bearer, n), {
          token: 'AAAAAAAAAAAAAAAAAAAAAAAA',
          quantity: 1,
          addressId: address,
        }),
      )
      await soldOut(browser, empty, { bearer: bearers[0] ?? '', address })
      const hello = (one: Shot): Shot => ({ ...one, path: `/hello${one.path}` })
      const [noes, hellos] = await inTurns(
        late,
        (some) => fire(url, some, '409'),
        (some) => fire(bareUrl, some.map(hello), '200'),
      )
      if (round === 0) continue // Warm-up.
      figures.join_vs_bare.push(joins.perS / counts.perS)
      figures.sold_out_vs_hello.push(noes.perS / hellos.perS)
      figures.joins_per_s.push(joins.perS)
      figures.bare_per_s.push(counts.perS)
      figures.sold_out_per_s.push(noes.perS)
      figures.hello_per_s.push(hellos.perS)
      figures.join_cpu_us.push(joins.cpuUs)
      figures.bare_cpu_us.push(counts.cpuUs)
      figures.sold_out_cpu_us.push(noes.cpuUs)
      figures.hello_cpu_us.push(hellos.cpuUs)
      say(
        `round ${round} of ${rounds}: ${joins.perS.toFixed(0)} joins/s beside ${counts.perS.toFixed(0)} bare, ${noes.perS.toFixed(0)} sold-out/s beside ${hellos.perS.toFixed(0)} hello`,
      )
    }
    const target = (name: string) => (name.includes('_vs_') ? { atLeast: 0.7 } : null)
    return names.map((figure) => ({ figure, rounds: figures[figure], target: target(figure) }))
  } finally {
    browser.close()
    await one.close()
  }
}

/** An offer that the API knows to be open. 0 pieces: sold out from the start. */
async function openOffer(container: Container, url: string, pieces: number): Promise<OfferKey> {
  const offer = await openedOffer(container, pieces)
  await keepAlive(container.gate, offer)
  container.events.announceSession(offer.session)
  while (!(await fetch(url + pathOf(offer))).ok) await pause(50)
  return offer
}

/** No consumer runs here to renew the lease. */
async function keepAlive(gate: Container['gate'], offer: OfferKey): Promise<void> {
  const timer = setInterval(() => gate.renew(offer, 1).catch(() => {}), 3000)
  timer.unref()
}

/** Asks until the API knows from Redis that nothing is left. */
async function soldOut(
  browser: ReturnType<typeof createBrowser>,
  path: string,
  { bearer, address }: { bearer: string; address: string },
): Promise<void> {
  const headers = headersOf(bearer, 0)
  for (;;) {
    const { body } = await browser.ask('POST', `${path}/token`, { headers, json: {} })
    const { status } = await browser.ask('POST', `${path}/tickets`, {
      headers,
      json: { token: body.token, quantity: 1, addressId: address },
    })
    if (status === 409) return
  }
}

const pathOf = ({ session, sku }: OfferKey): string => `/v1/seckill/sessions/${session}/offers/${sku}`
const headersOf = (bearer: string, n: number) => ({
  authorization: `Bearer ${bearer}`,
  'x-forwarded-for': `10.0.${(n >> 8) & 255}.${n & 255}`,
})
const shot = (path: string, headers: Record<string, string>, body: object): Shot => ({
  path,
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
