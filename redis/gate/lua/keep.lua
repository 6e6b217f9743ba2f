-- A ticket keeps fewer pieces than it had: the others are for sale again.
-- KEYS: offer. ARGV: epoch, buyer, ticket, pieces that it keeps: not how many come back, so that a repeat
-- changes nothing.
local is = epoch_is(KEYS[1], ARGV[1])
if is ~= 'same' then return is end
local record = redis.call('HGET', KEYS[1], ARGV[2]) or ''
local had = tonumber(string.match(record, '%f[%d]' .. ARGV[3] .. ':(%d+):'))
local keeps = tonumber(ARGV[4])
if had and had > keeps then
  local reduced = string.gsub(record, '(%f[%d]' .. ARGV[3] .. ':)%d+', '%1' .. keeps)
  redis.call('HSET', KEYS[1], ARGV[2], reduced)
  redis.call('HINCRBY', KEYS[1], 'left', had - keeps)
end
return 'same'
