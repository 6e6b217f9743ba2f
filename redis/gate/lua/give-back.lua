-- Puts a ticket's pieces on sale again. KEYS: offer. ARGV: epoch, buyer, ticket, until when its buyer may not
-- join again (ms since 1970; 0: at once).
-- Once: the ticket is in its buyer's record only while it counts. Instead of it the record keeps how long its
-- buyer cools off: an entry of no pieces, which a repetition finds and leaves as it is.
local is = epoch_is(KEYS[1], ARGV[1])
if is ~= 'same' then return is end
local pieces = take_out(KEYS[1], ARGV[2], ARGV[3])
if not pieces then return 'same' end
redis.call('HINCRBY', KEYS[1], 'left', pieces)
if tonumber(ARGV[4]) > now() then
  local record = redis.call('HGET', KEYS[1], ARGV[2])
  local cooling = ARGV[3] .. ':0:' .. ARGV[4] .. ':c'
  redis.call('HSET', KEYS[1], ARGV[2], record and record .. ',' .. cooling or cooling)
end
return 'same'
