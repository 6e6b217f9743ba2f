-- Changes a line; an empty argument changes nothing, another quantity makes another line id. KEYS: cart.
-- ARGV: SKU, new line id, quantity, selected. Answers how many lines there were: 1 or 0.
local sku, id, quantity, selected = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local present = redis.call('HGET', KEYS[1], sku)
if not present then return 0 end
local line = cjson.decode(present)
if quantity ~= '' and tonumber(quantity) ~= line.quantity then
  line.quantity = tonumber(quantity)
  line.line = id
end
if selected ~= '' then line.selected = selected == 'true' end
redis.call('HSET', KEYS[1], sku, cjson.encode(line))
return 1
