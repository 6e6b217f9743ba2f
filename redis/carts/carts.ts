import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { SkuId, UserId } from '../../domain/ids.ts'
import { type Fen, fen } from '../../domain/money.ts'
import { mostPieces } from '../../domain/quantity.ts'
import { type CartWord, defineCartScripts } from './scripts.ts'

/** Whose cart: a buyer's, or nobody's yet (`anon-<uuid>`). */
export type CartOwner = UserId | `anon-${string}`

export type CartLine = {
  sku: SkuId
  /**
   * Changes with the quantity: an order takes out the very line that it was quoted from, never what was put
   * there since.
   */
  line: string
  quantity: number
  /** When it was added. */
  price: Fen
  selected: boolean
  addedAt: Date
}

/** What an order has bought from a cart. */
export type BoughtLine = { sku: string; line: string }

/** What bounds anonymous carts: how many one address may have at a time, and how long each lives. */
export type AnonymousBounds = { address: string; validS: number; perAddress: number }

const mostLines = 120
/** Of a buyer's cart: it is for ever, and counts for no address. */
const none: AnonymousBounds = { address: '', validS: 0, perAddress: 0 }

type Stored = { line: string; quantity: number; price: string; selected: boolean; addedAt: number }

const keyOf = (owner: string): string => `cart:${owner}`
const newLine = (): string => randomBytes(9).toString('base64url')
const isAnonymous = (owner: CartOwner): boolean => owner.startsWith('anon-')

/** Carts in Redis, a hash each: SKU → line. Every change is one script, so that two at once both count. */
export function createCarts(redis: Redis) {
  defineCartScripts(redis)
  return {
    /** The lines, in the order in which they were added. */
    async lines(owner: CartOwner): Promise<CartLine[]> {
      const stored = await redis.hgetall(keyOf(owner))
      return Object.entries(stored)
        .map(([sku, json]) => lineOf(sku, json))
        .sort((a, b) => a.addedAt.getTime() - b.addedAt.getTime() || (a.sku < b.sku ? -1 : 1))
    },

    /**
     * Adds pieces at today's price; a line that is there keeps its own. An anonymous cart lives `validS` from
     * its last addition on; `too_many_carts` when its address has as many as it may.
     */
    add(
      owner: CartOwner,
      { sku, quantity, price }: Pick<CartLine, 'sku' | 'quantity' | 'price'>,
      anonymous: AnonymousBounds = none,
    ): Promise<CartWord> {
      const line: Stored = {
        line: newLine(),
        quantity,
        price: price.toString(),
        selected: true,
        addedAt: Date.now(),
      }
      const bounds = isAnonymous(owner) ? anonymous : none
      return redis.cartAdd(
        ...[keyOf(owner), `carts:${bounds.address}`],
        ...[sku, JSON.stringify(line), mostPieces, mostLines, bounds.validS, bounds.perAddress],
      )
    },

    /** Sets what is given. False when there is no such line. */
    async change(
      owner: CartOwner,
      sku: SkuId,
      { quantity, selected }: { quantity?: number | undefined; selected?: boolean | undefined },
    ): Promise<boolean> {
      return (
        (await redis.cartChange(
          keyOf(owner),
          sku,
          newLine(),
          String(quantity ?? ''),
          String(selected ?? ''),
        )) === 1
      )
    },

    /** Selects all lines, or none. */
    async select(owner: CartOwner, selected: boolean): Promise<void> {
      await redis.cartSelect(keyOf(owner), String(selected))
    },

    async remove(owner: CartOwner, sku: SkuId): Promise<void> {
      await redis.hdel(keyOf(owner), sku)
    },

    /** Removes all of it. */
    async clear(owner: CartOwner): Promise<void> {
      await redis.del(keyOf(owner))
    },

    /**
     * Moves an anonymous cart into its buyer's, once however often it is asked; what is beyond the bounds of
     * a cart stays out.
     */
    async merge(anonymous: CartOwner, user: UserId): Promise<void> {
      await redis.cartMerge(keyOf(anonymous), keyOf(user), mostPieces, mostLines)
    },

    /**
     * Takes out the lines that were bought, and only while they still are those lines. As often as you like.
     */
    async removeBought(user: UserId, bought: readonly BoughtLine[]): Promise<void> {
      if (bought.length === 0) return
      await redis.cartRemoveBought(keyOf(user), ...bought.flatMap(({ sku, line }) => [sku, line]))
    },
  }
}
export type Carts = ReturnType<typeof createCarts>

function lineOf(sku: string, json: string): CartLine {
  const { line, quantity, price, selected, addedAt }: Stored = JSON.parse(json)
  // Only SKUs are fields of a cart.
  return { sku: sku as SkuId, line, quantity, price: fen(price), selected, addedAt: new Date(addedAt) }
}
