-- Removes a SKU only while it is still the very line that was bought. KEYS: cart. ARGV: SKU, line id, and so
-- on. Answers how many lines it removed.
local removed = 0
for i = 1, #ARGV, 2 do
  local present = redis.call('HGET', KEYS[1], ARGV[i])
  if present and cjson.decode(present).line == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed
