import type { LiveSku } from '../../db/reads/catalogue.ts'
import { type QuoteFacts, readQuoteFacts } from '../../db/reads/quote-facts.ts'
import type { Sql } from '../../db/types.ts'
import type { Ids, OrderId, SkuId, UserId } from '../../domain/ids.ts'
import { checkQuantity } from '../../domain/quantity.ts'
import type { Quote, QuotedLine, QuotedRates } from '../../domain/quote.ts'
import { refuse } from '../../domain/refusals.ts'
import type { Carts } from '../../redis/carts/carts.ts'
import { priceQuote, type QuotePrices } from './price-quote.ts'

/** What making a quote works with. `sign`: signs it, for as long as quotes are valid. */
export type QuoteDeps = {
  sql: Sql
  carts: Pick<Carts, 'lines'>
  ids: Ids
  sign(quote: Omit<Quote, 'expires'>): Promise<{ token: string; expiresAt: Date }>
}
type Wanted = { sku: SkuId; quantity: number; cartLine?: string }

/** What is wanted, with the goods as they are now. */
export type LiveLine = Wanted & { live: LiveSku }

/** `asked`: undefined for the selected lines of the buyer's cart. `source`: where the buyer came from. */
export type QuoteRequest = { buyer: UserId; source: string; asked: readonly Wanted[] | undefined }

/** A quote and all that a confirm page shows with it. */
export type MadeQuote = {
  id: OrderId
  token: string
  expiresAt: Date
  lines: readonly LiveLine[]
  facts: QuoteFacts
  prices: QuotePrices
}

/**
 * Prices what a buyer wants, or the selected lines of the cart, and signs it. Writes nothing. Refuses
 * `empty_order`, `quantity_invalid`, `sku_unknown`, `not_on_sale`; what is short in stock is shown, not
 * refused.
 */
export async function makeQuote(
  { sql, carts, ids, sign }: QuoteDeps,
  { buyer, source, asked }: QuoteRequest,
): Promise<MadeQuote> {
  const wanted = bySku(asked ?? (await selectedLines(carts, buyer)))
  if (wanted.length === 0) refuse('empty_order', {})
  for (const { sku, quantity } of wanted) checkQuantity(sku, quantity)
  const facts = await readQuoteFacts(
    sql,
    buyer,
    wanted.map(({ sku }) => sku),
  )
  const lines = wanted.map((line) => ({ ...line, live: onSale(line.sku, facts.skus) }))
  const id = ids.next() as OrderId // A quote's fresh snowflake is the number of the order that it becomes.
  const { token, expiresAt } = await sign({
    id,
    buyer,
    source,
    lines: lines.map(quotedLine),
    rates: fewestRates(facts.rates),
  })
  return { id, token, expiresAt, lines, facts, prices: priceQuote(lines, facts) }
}

/** A SKU named twice is one line with the pieces of both. */
function bySku(wanted: readonly Wanted[]): Wanted[] {
  const lines = new Map<SkuId, Wanted>()
  for (const line of wanted) {
    checkQuantity(line.sku, line.quantity)
    const before = lines.get(line.sku)
    lines.set(line.sku, before ? { ...before, quantity: before.quantity + line.quantity } : line)
  }
  return [...lines.values()]
}

async function selectedLines(carts: QuoteDeps['carts'], buyer: UserId): Promise<Wanted[]> {
  const lines = await carts.lines(buyer)
  return lines
    .filter(({ selected }) => selected)
    .map(({ sku, quantity, line }) => ({ sku, quantity, cartLine: line }))
}

function onSale(sku: SkuId, live: readonly LiveSku[]): LiveSku {
  const found = live.find(({ id }) => id === sku)
  if (!found) return refuse('sku_unknown', { sku })
  return found.onSale ? found : refuse('not_on_sale', { sku })
}

const quotedLine = ({ sku, quantity, cartLine, live }: LiveLine): QuotedLine => ({
  sku,
  quantity,
  unitPrice: live.price.toString(),
  ...(cartLine === undefined ? {} : { cartLine }),
})

/** Without the provinces whose rate is everybody's: the token goes into every order's history. */
function fewestRates(rates: QuotedRates): QuotedRates {
  const common = rates['*']
  if (!common) return rates
  const differs = ([province, rate]: [string, QuotedRates[string]]) =>
    province === '*' || rate.fee !== common.fee || rate.freeFrom !== common.freeFrom
  return Object.fromEntries(Object.entries(rates).filter(differs))
}
