import type { Redis, Result } from 'ioredis'

declare module 'ioredis' {
  // The parameter's name has to be ioredis's own.
  interface RedisCommander<Context> {
    cartAdd(
      cart: string,
      cartsOfAddress: string,
      sku: string,
      line: string,
      most: number,
      lines: number,
      keepS: number,
      carts: number,
    ): Result<CartWord, Context>
    cartChange(
      cart: string,
      sku: string,
      line: string,
      quantity: string,
      selected: string,
    ): Result<number, Context>
    cartSelect(cart: string, selected: string): Result<number, Context>
    cartMerge(from: string, into: string, most: number, lines: number): Result<number, Context>
    cartRemoveBought(cart: string, ...skusAndLines: string[]): Result<number, Context>
  }
}

/** What `cartAdd` answers. */
export type CartWord = 'added' | 'full' | 'too_many' | 'too_many_carts'

/**
 * A line that is there grows, keeps its price, and is selected; its id changes, because it is no longer the
 * line that was quoted. An anonymous cart that is new counts for the address it comes from: a sorted set of
 * carts by their end, in which those that were merged or emptied make room when it is full.
 */
const add = `
local keepS = tonumber(ARGV[5])
if keepS > 0 then
  local time = tonumber(redis.call('TIME')[1])
  if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('ZADD', KEYS[2], 'XX', time + keepS, KEYS[1])
  else
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
    local most = tonumber(ARGV[6])
    if redis.call('ZCARD', KEYS[2]) >= most then
      for _, cart in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
        if redis.call('EXISTS', cart) == 0 then redis.call('ZREM', KEYS[2], cart) end
      end
      if redis.call('ZCARD', KEYS[2]) >= most then return 'too_many_carts' end
    end
    redis.call('ZADD', KEYS[2], time + keepS, KEYS[1])
  end
  redis.call('EXPIRE', KEYS[2], keepS)
end
local present = redis.call('HGET', KEYS[1], ARGV[1])
local line = cjson.decode(ARGV[2])
if present then
  local old = cjson.decode(present)
  line.quantity, line.price, line.addedAt = old.quantity + line.quantity, old.price, old.addedAt
elseif redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
  return 'full'
end
if line.quantity > tonumber(ARGV[3]) then return 'too_many' end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(line))
if keepS > 0 then redis.call('EXPIRE', KEYS[1], keepS) end
return 'added'`

/** An empty argument changes nothing. Another quantity makes another line id. */
const change = `
local present = redis.call('HGET', KEYS[1], ARGV[1])
if not present then return 0 end
local line = cjson.decode(present)
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= line.quantity then
  line.quantity = tonumber(ARGV[3])
  line.line = ARGV[2]
end
if ARGV[4] ~= '' then line.selected = ARGV[4] == 'true' end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(line))
return 1`

const select = `
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local line = cjson.decode(all[i + 1])
  line.selected = ARGV[1] == 'true'
  redis.call('HSET', KEYS[1], all[i], cjson.encode(line))
end
return #all / 2`

/**
 * Moves every line, once: of two that merge the same cart, the second finds it empty. A SKU in both is summed
 * and keeps the buyer's own price.
 */
const merge = `
local from = redis.call('HGETALL', KEYS[1])
local moved = 0
for i = 1, #from, 2 do
  local line = cjson.decode(from[i + 1])
  local present = redis.call('HGET', KEYS[2], from[i])
  if present then
    local own = cjson.decode(present)
    line.quantity = math.min(own.quantity + line.quantity, tonumber(ARGV[1]))
    line.price, line.addedAt, line.selected = own.price, own.addedAt, own.selected or line.selected
  end
  if present or redis.call('HLEN', KEYS[2]) < tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[2], from[i], cjson.encode(line))
    moved = moved + 1
  end
end
redis.call('DEL', KEYS[1])
return moved`

/** Removes a SKU only while it is still the very line that was bought. */
const removeBought = `
local removed = 0
for i = 1, #ARGV, 2 do
  local present = redis.call('HGET', KEYS[1], ARGV[i])
  if present and cjson.decode(present).line == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed`

/** Teaches this connection the cart's scripts (sent once, called by their digest afterwards). */
export function defineCartScripts(redis: Redis): void {
  redis.defineCommand('cartAdd', { numberOfKeys: 2, lua: add })
  redis.defineCommand('cartChange', { numberOfKeys: 1, lua: change })
  redis.defineCommand('cartSelect', { numberOfKeys: 1, lua: select })
  redis.defineCommand('cartMerge', { numberOfKeys: 2, lua: merge })
  redis.defineCommand('cartRemoveBought', { numberOfKeys: 1, lua: removeBought })
}
