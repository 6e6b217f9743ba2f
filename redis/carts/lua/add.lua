-- Adds pieces to a cart. KEYS: cart. ARGV: SKU, line (JSON), most pieces, most lines, seconds to keep it (0:
-- for ever). A line that is there grows, keeps its price and is selected; its id changes, as it is no longer
-- the line that was quoted.
local sku, most_pieces, most_lines = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local keep_s = tonumber(ARGV[5])
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
