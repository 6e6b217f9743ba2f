import { readFileSync } from 'node:fs'
import type { Redis, Result } from 'ioredis'

type Args = (string | number)[]

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own. The arguments are those that the script's first lines name.
  interface RedisCommander<Context> {
    cartAdd(cart: string, cartsOfAddress: string, ...args: Args): Result<CartWord, Context>
    cartChange(cart: string, ...args: Args): Result<number, Context>
    cartSelect(cart: string, selected: string): Result<number, Context>
    cartMerge(from: string, into: string, ...args: Args): Result<number, Context>
    cartRemoveBought(cart: string, ...skusAndLines: string[]): Result<number, Context>
  }
}

/** What `cartAdd` answers. */
export type CartWord = 'added' | 'full' | 'too_many' | 'too_many_carts'

const scripts = {
  cartAdd: { name: 'add', keys: 2 },
  cartChange: { name: 'change', keys: 1 },
  cartSelect: { name: 'select', keys: 1 },
  cartMerge: { name: 'merge', keys: 2 },
  cartRemoveBought: { name: 'remove-bought', keys: 1 },
}

const lua = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

/** Registers the cart's scripts with a connection: sent once, called by their digest (EVALSHA) afterwards. */
export function defineCartScripts(redis: Redis): void {
  for (const [command, { name, keys }] of Object.entries(scripts))
    redis.defineCommand(command, { numberOfKeys: keys, lua: lua(name) })
}
