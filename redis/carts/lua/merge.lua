-- Moves every line into another cart. KEYS: from, into. ARGV: most pieces, most lines. Answers how many
-- moved. Once: of two calls that merge the same cart, the second finds it empty. A SKU in both is summed and
-- keeps the price of the cart that it comes into.
local most_pieces, most_lines = tonumber(ARGV[1]), tonumber(ARGV[2])
local from = redis.call('HGETALL', KEYS[1])
local moved = 0
for i = 1, #from, 2 do
  local line = cjson.decode(from[i + 1])
  local present = redis.call('HGET', KEYS[2], from[i])
  if present then
    local own = cjson.decode(present)
    line.quantity = math.min(own.quantity + line.quantity, most_pieces)
    line.price, line.addedAt, line.selected = own.price, own.addedAt, own.selected or line.selected
  end
  if present or redis.call('HLEN', KEYS[2]) < most_lines then
    redis.call('HSET', KEYS[2], from[i], cjson.encode(line))
    moved = moved + 1
  end
end
redis.call('DEL', KEYS[1])
return moved
