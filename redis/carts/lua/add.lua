-- Adds pieces to a cart. KEYS: cart, the anonymous carts of the address it comes from. ARGV: SKU, line
-- (JSON), most pieces, most lines, seconds to keep it (0: for ever, and it counts for no address), most carts
-- of an address. A line that is there grows, keeps its price and is selected; its id changes, as it is no
-- longer the line that was quoted.
local sku, most_pieces, most_lines = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local keep_s = tonumber(ARGV[5])

-- Counts an anonymous cart for its address: a sorted set of carts by when they end. When it is full, those
-- that were merged or emptied make room. Returns whether the cart may be there.
local function counted()
  local time = tonumber(redis.call('TIME')[1])
  if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('ZADD', KEYS[2], 'XX', time + keep_s, KEYS[1])
  else
    local most = tonumber(ARGV[6])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', time)
    if redis.call('ZCARD', KEYS[2]) >= most then
      for _, cart in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
        if redis.call('EXISTS', cart) == 0 then redis.call('ZREM', KEYS[2], cart) end
      end
    end
    if redis.call('ZCARD', KEYS[2]) >= most then return false end
    redis.call('ZADD', KEYS[2], time + keep_s, KEYS[1])
  end
  redis.call('EXPIRE', KEYS[2], keep_s)
  return true
end

if keep_s > 0 and not counted() then return 'too_many_carts' end
local present = redis.call('HGET', KEYS[1], sku)
local line = cjson.decode(ARGV[2])
if present then
  local old = cjson.decode(present)
  line.quantity, line.price, line.addedAt = old.quantity + line.quantity, old.price, old.addedAt
elseif redis.call('HLEN', KEYS[1]) >= most_lines then
  return 'full'
end
if line.quantity > most_pieces then return 'too_many' end
redis.call('HSET', KEYS[1], sku, cjson.encode(line))
if keep_s > 0 then redis.call('EXPIRE', KEYS[1], keep_s) end
return 'added'
