import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../../db/client.ts'
import { random } from '../../db/seed/random.ts'
import type { Ids } from '../../domain/ids.ts'
import { shanghaiDigits } from '../../domain/shanghai-time.ts'
import type { Answer } from './calls.ts'
import { at, codeChannels, follow, open, type Scene, said, scan } from './scene.ts'
import type { Buyer } from './shop.ts'

const [quota, payWithinS, opensInMs, lastsMs, crowdOfASale] = [40, 25, 20_000, 80_000, 90]

type Sale = { session: string; sku: string; opensAt: number; endsAt: number }

/**
 * One flash sale: planned, opened, rushed by a crowd of more buyers than there are pieces, a part of whom
 * never pay; changed by its operator now and then, and ended by its own time.
 */
export async function playSale(scene: Scene, { db, ids }: { db: Db; ids: Ids }): Promise<void> {
  const { dice } = scene
  const sale = await plan(scene, await drop(scene, db, ids))
  if (!sale) return
  const visitors = Array.from({ length: crowdOfASale }, () => dice.one(scene.shop.crowd))
  const crowd = [...new Set(visitors)].map((buyer, n) =>
    visit({ ...scene, dice: random(dice.between(1, 2 ** 31) + n) }, sale, buyer),
  )
  const ended = await Promise.allSettled([...crowd, operate(scene, sale)])
  const wrong = ended.find((one) => one.status === 'rejected')
  if (wrong) throw wrong.reason
}

async function drop({ shop }: Scene, { sql }: Db, ids: Ids): Promise<string> {
  const sku = ids.next()
  await sql.begin(async (tx) => {
    await tx`
      INSERT INTO skus (id, product_id, name, price_fen)
      SELECT ${sku}, product_id, '秒杀', 9900
      FROM skus
      WHERE id = ${shop.skus[0] ?? ''}`
    await tx`
      INSERT INTO stock (sku_id, warehouse_id, on_hand)
      VALUES (${sku}, ${shop.warehouse}, ${2 * quota})`
    await tx`
      INSERT INTO stock_movements (sku_id, warehouse_id, kind, on_hand, reserved)
      VALUES (${sku}, ${shop.warehouse}, 'received', ${2 * quota}, 0)`
  })
  return sku
}

async function plan({ calls, shop }: Scene, sku: string): Promise<Sale | undefined> {
  const opensAt = Math.ceil((Date.now() + opensInMs) / 1000) * 1000
  const endsAt = opensAt + lastsMs
  const session = `${shanghaiDigits(opensAt).slice(0, 10)}-${Date.now().toString(36)}`
  const planned = await calls.as('1', 'operator')('POST /v1/ops/sessions', {
    id: session,
    opensAt: new Date(opensAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    payWithinS,
    offers: [{ sku, price: { fen: '4900' }, quota, limit: 2, warehouse: shop.warehouse }],
  })
  if (planned.body.code === 'validation') return undefined // The shop was away until its time had passed.
  if (planned.status > 201) throw new Error(`planning a sale was answered ${said(planned)}`)
  return { session, sku, opensAt, endsAt }
}

/** More pieces, a pause, an end before its time: each in some sales. */
async function operate({ calls, dice }: Scene, { session, sku, opensAt }: Sale): Promise<void> {
  const operator = calls.as('1', 'operator')
  const path = `/v1/ops/sessions/${session}`
  await at(opensAt + dice.between(5000, 20_000))
  const ask = async (answer: Promise<Answer>, what: string): Promise<void> => {
    const { status, body } = await answer
    if (status !== 200 && body.code !== 'session_ended')
      throw new Error(`${what} was answered ${status} ${body.code}`)
  }
  if (dice.between(1, 3) === 1)
    await ask(operator(`PATCH ${path}/offers/${sku}`, { quota: quota + 10 }, randomUUID()), 'a quota')
  if (dice.between(1, 3) === 1) {
    await ask(operator(`POST ${path}/pause`), 'a pause')
    await pause(dice.between(1000, 6000))
    await ask(operator(`POST ${path}/resume`), 'a resumption')
  }
  if (dice.between(1, 4) === 1) await ask(operator(`POST ${path}/end`), 'an end')
}

/** A buyer rushes: joins until there is a ticket or nothing to be had, follows it, and pays or does not. */
async function visit(scene: Scene, sale: Sale, buyer: Buyer): Promise<void> {
  const { dice } = scene
  await at(sale.opensAt + dice.between(0, 3000))
  for (let tries = 0; tries < 12 && Date.now() < sale.endsAt; tries++) {
    const ticket = await join(scene, sale, buyer)
    if (ticket === 'over') return
    if (ticket === 'again') await pause(dice.between(1500, 5000))
    else if ((await hold(scene, { sale, buyer, ticket })) === 'done') return
  }
}

const pathOf = ({ session, sku }: Sale): string => `/v1/seckill/sessions/${session}/offers/${sku}`

async function join({ calls, dice }: Scene, sale: Sale, buyer: Buyer): Promise<string> {
  const call = calls.as(buyer.id)
  const token = await call(`POST ${pathOf(sale)}/token`, {})
  if (token.status !== 201) return token.body.code === 'ended' ? 'over' : 'again'
  const quantity = dice.between(1, 4) === 1 ? 2 : 1
  const joined = await call(`POST ${pathOf(sale)}/tickets`, {
    token: token.body.token,
    quantity,
    addressId: buyer.address,
  })
  if (joined.status === 202 || joined.status === 200) return String(joined.body.ticket)
  switch (joined.body.code) {
    case 'ended':
    case 'already_bought':
    case 'cooling_off':
      return 'over'
    case 'sold_out':
    case 'bad_token': // Redis has lost it.
    case 'not_open': // Its clock is a little behind.
    case 'over_limit':
      return 'again'
    default:
      throw new Error(`a join was answered ${said(joined)}`)
  }
}

/** Follows a ticket to its end. `again`: it was lost or given back, and its buyer may join anew. */
async function hold(
  scene: Scene,
  { sale, buyer, ticket }: { sale: Sale; buyer: Buyer; ticket: string },
): Promise<'done' | 'again'> {
  const call = scene.calls.as(buyer.id)
  const isPayer = scene.dice.between(1, 4) > 1
  for (let looks = 0; looks < 150; looks++) {
    const { status, body } = await call(`GET ${pathOf(sale)}/tickets/mine?ticket=${ticket}`)
    if (status !== 200 || body.status === 4) return 'again'
    if (body.status === 3) return 'done'
    if (body.status === 2 || body.status === 5) {
      scene.promises.won(ticket)
      if (body.status === 2 && isPayer) await pay(scene, buyer, ticket)
      await follow(scene, { call, order: ticket })
      return 'done'
    }
    await pause(1500)
  }
  throw new Error(`ticket ${ticket} waits for its order`)
}

async function pay(scene: Scene, buyer: Buyer, order: string): Promise<void> {
  const placed = { call: scene.calls.as(buyer.id), order }
  const opened = await open(placed, scene.dice.one(codeChannels))
  if (typeof opened === 'string') return
  await pause(scene.dice.between(200, 6000))
  await scan(scene, opened.number)
  if (scene.dice.between(1, 10) > 1 || (await follow(scene, placed)) !== 'paid') return
  scene.promises.wantsBack(order)
  const path = `/v1/ops/orders/${order}/refunds`
  const made = await scene.calls.as('1', 'finance')(
    `POST ${path}`,
    { lines: [{ line: 1, quantity: 1 }], reason: 'soak' },
    randomUUID(),
  )
  if (made.status !== 201) throw new Error(`a refund of flash order ${order} was answered ${said(made)}`)
  scene.promises.refunded(String(made.body.number))
}
