-- Changes how many pieces are left, once for each change.
-- KEYS: offer. ARGV: change, pieces (below zero: fewer), and for more the epoch under which PostgreSQL
-- counted them. Fewer: answers the epoch, so that PostgreSQL counts them only while this gate is the one that
-- gave them up.
local pieces = tonumber(ARGV[2])
local mark = 'change:' .. ARGV[1]
if pieces >= 0 then
  local is = epoch_is(KEYS[1], ARGV[3])
  if is == 'same' and redis.call('HSETNX', KEYS[1], mark, pieces) == 1 then
    redis.call('HINCRBY', KEYS[1], 'left', pieces)
  end
  return { is }
end
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'left', mark)
if not offer[1] then return { 'older' } end
if not offer[3] then
  local left = tonumber(offer[2])
  if left + pieces < 0 then return { 'short', left } end
  redis.call('HSET', KEYS[1], mark, pieces)
  redis.call('HINCRBY', KEYS[1], 'left', pieces)
end
return { 'changed', tonumber(offer[1]) }
