-- Puts a ticket's pieces on sale again. KEYS: offer. ARGV: epoch, buyer, ticket.
-- Once: the ticket is in its buyer's record only while it counts.
local is = epoch_is(KEYS[1], ARGV[1])
if is ~= 'same' then return is end
local pieces = take_out(KEYS[1], ARGV[2], ARGV[3])
if pieces then redis.call('HINCRBY', KEYS[1], 'left', pieces) end
return 'same'
