import { checkQuantity } from '../../api/cart.ts'
import type { ApiDeps } from '../../api/deps.ts'
import { quoteView } from '../../api/http/views/quote.ts'
import type { LiveSku } from '../../db/reads/catalogue.ts'
import { readQuoteFacts } from '../../db/reads/quote-facts.ts'
import type { OrderId, SkuId, UserId } from '../../domain/ids.ts'
import type { QuotedLine, QuotedRates } from '../../domain/quote.ts'
import { refuse } from '../../domain/refusals.ts'

type Deps = Pick<ApiDeps, 'db' | 'carts' | 'ids' | 'quoteTokens'>
type Wanted = { sku: SkuId; quantity: number; cartLine?: string }

/** What is wanted, with the goods as they are now. */
export type LiveLine = Wanted & { live: LiveSku }

/**
 * Prices what a buyer wants, or the selected lines of the cart, and signs it. Writes nothing. Refuses `empty_order`, `quantity_invalid`,
 * `sku_unknown`, `not_on_sale`; what is short in stock is shown, not refused.
 */
export async function makeQuote(
  { db, carts, ids, quoteTokens }: Deps,
  buyer: UserId,
  source: string,
  asked: readonly Wanted[] | undefined,
) {
  const wanted = bySku(asked ?? (await selectedLines(carts, buyer)))
  if (wanted.length === 0) refuse('empty_order', {})
  for (const { sku, quantity } of wanted) checkQuantity(sku, quantity)
  const facts = await readQuoteFacts(
    db.sql,
    buyer,
    wanted.map(({ sku }) => sku),
  )
  const lines = wanted.map((line) => ({ ...line, live: onSale(line.sku, facts.skus) }))
  const id = ids.next() as OrderId // A quote's fresh snowflake is the number of the order that it becomes.
  const { token, expiresAt } = await quoteTokens.sign({
    id,
    buyer,
    source,
    lines: lines.map(quotedLine),
    rates: fewestRates(facts.rates),
  })
  return quoteView({ id, token, expiresAt, lines, facts })
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

async function selectedLines(carts: Deps['carts'], buyer: UserId): Promise<Wanted[]> {
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
