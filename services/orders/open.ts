import { type CouponTermsRow, couponTerms } from '../../db/reads/coupon-terms.ts'
import type { Tx } from '../../db/types.ts'
import type { AddressSnapshot } from '../../domain/address.ts'
import type { SkuId } from '../../domain/ids.ts'
import { add, type Fen, fen, moneyJson } from '../../domain/money.ts'
import type { OrderStatus } from '../../domain/order.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import {
  type Amounts,
  type CouponTerms,
  couponProblem,
  type PriceLine,
  pointsLimit,
  price,
} from '../../domain/price.ts'
import { type QuotedRates, ratesOf } from '../../domain/quote.ts'
import { type Refusal, Refused, refuse } from '../../domain/refusals.ts'
import { giveBack } from '../flash-sales/offers.ts'

/**
 * `mine`: the row belongs to this workflow execution. Another one's row is an answer to repeat, not an order to work on.
 * `fresh`: this transaction has written the row, so nobody else can have done anything for it yet.
 */
export type Opened = { mine: boolean; fresh: boolean; status: OrderStatus }

/**
 * Writes the order's row, once, with everything as it is at this moment: `placing`, or `rejected` with why. Goods, prices, address, coupon,
 * points and amounts are checked in the same transaction. A flash order costs what its offer says, whatever the shop's price is by now, and
 * a refused one gives its ticket back. Never throws a refusal. `refusal`: one that is known already, to be written.
 */
export async function openOrder(
  tx: Tx,
  input: OrderInput,
  runId: string,
  refusal?: Refusal,
): Promise<Opened> {
  const facts = await readFacts(tx, input)
  const verdict = { ...resolveRequest(input, facts, new Date()), ...(refusal ? { refusal } : {}) }
  if (await insertOrder(tx, input, runId, facts, verdict)) {
    if (verdict.refusal) await giveBack(tx, input.orderId, verdict.refusal.code)
    return { mine: true, fresh: true, status: verdict.refusal ? 'rejected' : 'placing' }
  }
  const [row] = await tx<
    { runId: string; status: OrderStatus }[]
  >`SELECT run_id AS "runId", status FROM orders WHERE id = ${input.orderId}`
  if (!row) throw new Error(`order ${input.orderId} conflicts with a row that is not there`)
  return { mine: row.runId === runId, fresh: false, status: row.status }
}

type SkuFacts = {
  id: SkuId
  name: string
  image: string
  attributes: Record<string, string>
  price: string
  onSale: boolean
}
type CouponFacts = CouponTermsRow & { owner: string; state: 'unused' | 'locked' | 'used' }
type Facts = {
  skus: SkuFacts[]
  address: AddressSnapshot | null
  blocked: boolean | null
  coupon: CouponFacts | null
  rates: QuotedRates
}
type Verdict = { amounts?: Amounts; refusal?: Refusal }

async function readFacts(
  tx: Tx,
  { lines, buyerId, addressId, couponId, session }: OrderInput,
): Promise<Facts> {
  const [facts] = await tx<Facts[]>`
    WITH home AS (SELECT * FROM addresses WHERE id = ${addressId} AND user_id = ${buyerId})
    SELECT
      (SELECT blocked FROM users WHERE id = ${buyerId}) AS blocked,
      (SELECT jsonb_build_object('name', name, 'phone', phone, 'province', province, 'city', city, 'district', district, 'street', street,
                                 'postCode', post_code, 'label', label) FROM home) AS address,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('id', k.id::text, 'name', k.name, 'image', k.image, 'attributes', k.attributes,
                                                    'price', COALESCE(f.price_fen, k.price_fen)::text, 'onSale', k.on_sale OR f.sku_id IS NOT NULL))
                FROM skus k LEFT JOIN offers f ON f.sku_id = k.id AND f.session_id = ${session ?? null}
                WHERE k.id = ANY(${lines.map((line) => line.sku)}::bigint[])), '[]') AS skus,
      (SELECT jsonb_build_object('owner', h.user_id::text, 'state', h.state, 'kind', c.kind, 'amount', c.amount_fen::text, 'percent', c.percent,
                                 'cap', c.cap_fen::text, 'minimum', c.minimum_fen::text, 'from', c.valid_from, 'until', c.valid_until, 'scope', c.scope::text[])
       FROM user_coupons h JOIN coupons c ON c.id = h.coupon_id WHERE h.id = ${couponId ?? null}) AS coupon,
      COALESCE((SELECT jsonb_object_agg(province, jsonb_build_object('fee', fee_fen::text, 'freeFrom', free_from_fen::text))
                FROM shipping_rates WHERE province = '*' OR province = (SELECT province FROM home)), '{}') AS rates`
  if (!facts) throw new Error('a SELECT without FROM answered no row')
  return facts
}

/** What the order costs now, or why it cannot be placed. */
function resolveRequest(input: OrderInput, facts: Facts, now: Date): Verdict {
  try {
    return { amounts: amountsOf(input, facts, now) }
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal }
    throw error
  }
}

function amountsOf(input: OrderInput, facts: Facts, now: Date): Amounts {
  if (facts.blocked !== false) refuse('buyer_blocked', {})
  if (facts.address === null) refuse('address_unknown', {})
  const lines = input.lines.map((line) => currentLine(line, facts))
  if (lines.length === 0) refuse('empty_order', {})
  const coupon = input.couponId === undefined ? undefined : couponOf(input, facts.coupon, lines, now)
  const points = BigInt(input.points)
  const common = { lines, province: facts.address.province, coupon, points, balance: fen(input.balance) }
  const is = price({ ...common, rates: ratesOf(facts.rates) })
  // A flash order's fee is not quoted before: its buyer sees the amount before paying it.
  const was = input.session === undefined ? price({ ...common, rates: ratesOf(input.rates) }) : is
  if (is.due !== was.due || is.shipping !== was.shipping)
    refuse('amount_changed', { was: moneyJson(total(was)), is: moneyJson(total(is)) })
  const limit = pointsLimit(fen(is.goods - is.coupon))
  if (points > limit) refuse('points_insufficient', { available: limit.toString() })
  return is
}

/** What the buyer pays in money, from wallet and provider together. */
const total = (amounts: Amounts): Fen => add(amounts.due, amounts.balance)

function currentLine({ sku, quantity, unitPrice }: OrderInput['lines'][number], { skus }: Facts): PriceLine {
  const current = skus.find((candidate) => candidate.id === sku)
  if (!current) return refuse('sku_unknown', { sku })
  if (!current.onSale) return refuse('not_on_sale', { sku })
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 999)
    return refuse('quantity_invalid', { sku, quantity })
  if (current.price !== unitPrice)
    return refuse('price_changed', { sku, was: moneyJson(fen(unitPrice)), is: moneyJson(fen(current.price)) })
  return { sku, quantity, unitPrice: fen(unitPrice) }
}

function couponOf(
  { buyerId }: OrderInput,
  facts: CouponFacts | null,
  lines: PriceLine[],
  now: Date,
): CouponTerms {
  if (facts === null || facts.owner !== buyerId) return refuse('coupon_unavailable', { reason: 'not_yours' })
  const terms = couponTerms(facts)
  const problem = facts.state === 'unused' ? couponProblem(terms, lines, now) : 'used'
  return problem === undefined ? terms : refuse('coupon_unavailable', { reason: problem })
}

async function insertOrder(
  tx: Tx,
  input: OrderInput,
  runId: string,
  facts: Facts,
  verdict: Verdict,
): Promise<boolean> {
  const { amounts, refusal } = verdict
  const status: OrderStatus = refusal ? 'rejected' : 'placing'
  const lines = amounts ? input.lines.map((line, i) => lineRow(line, i, facts, amounts)) : []
  const inserted = await tx`
    WITH opened AS (
      INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen, shipping_fen, coupon_fen, points_fen,
                          balance_fen, due_fen, points, user_coupon_id, address, note, refusal, closed_at)
      VALUES (${input.orderId}, ${input.buyerId}, ${input.kind}, ${input.source}, ${status}, ${input.payment}, ${runId}, ${input.fingerprint},
              ${amounts?.goods ?? 0n}, ${amounts?.shipping ?? 0n}, ${amounts?.coupon ?? 0n}, ${amounts?.points ?? 0n}, ${amounts?.balance ?? 0n},
              ${amounts?.due ?? 0n}, ${amounts ? input.points : '0'}, ${facts.coupon ? (input.couponId ?? null) : null}, ${facts.address ? JSON.stringify(facts.address) : null}::jsonb,
              COALESCE((SELECT note FROM order_notes WHERE order_id = ${input.orderId} AND fingerprint = ${input.fingerprint}), ''),
              ${refusal ? JSON.stringify(refusal) : null}::jsonb, ${refusal ? new Date() : null})
      ON CONFLICT (id) DO NOTHING RETURNING id),
    lines AS (
      INSERT INTO order_lines (order_id, line, sku_id, name, image, attributes, unit_price_fen, quantity, coupon_fen, points_fen, balance_fen)
      SELECT opened.id, l.* FROM opened, jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
        AS l (line int, sku bigint, name text, image text, attributes jsonb, price bigint, quantity int, coupon bigint, points bigint, balance bigint))
    INSERT INTO order_log (order_id, to_status, why) SELECT id, ${status}, ${refusal?.code ?? 'opened'} FROM opened`
  return inserted.count === 1
}

function lineRow(line: OrderInput['lines'][number], i: number, { skus }: Facts, { lines }: Amounts) {
  const sku = skus.find((candidate) => candidate.id === line.sku)
  const shares = lines[i]
  if (!sku || !shares) throw new Error(`line ${i} of a checked order has no SKU or no shares`)
  return {
    line: i + 1,
    sku: line.sku,
    name: sku.name,
    image: sku.image,
    attributes: sku.attributes,
    price: line.unitPrice,
    quantity: line.quantity,
    coupon: shares.coupon.toString(),
    points: shares.points.toString(),
    balance: shares.balance.toString(),
  }
}
