-- Selects all lines, or none. KEYS: cart. ARGV: 'true' or 'false'. Answers how many lines there are.
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local line = cjson.decode(all[i + 1])
  line.selected = ARGV[1] == 'true'
  redis.call('HSET', KEYS[1], all[i], cjson.encode(line))
end
return #all / 2
