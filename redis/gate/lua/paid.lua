-- Marks a ticket as paid: its buyer may join again, as far as the limit goes. KEYS: offer. ARGV: epoch,
-- buyer, ticket.
local is = epoch_is(KEYS[1], ARGV[1])
if is ~= 'same' then return is end
local record = redis.call('HGET', KEYS[1], ARGV[2])
if record then
  local this_ticket = '(%f[%d]' .. ARGV[3] .. ':%d+:%d+):l'
  redis.call('HSET', KEYS[1], ARGV[2], (string.gsub(record, this_ticket, '%1:p')))
end
return 'same'
