-- Where a buyer stands. KEYS: offer. ARGV: buyer.
-- Answers the newest ticket, its pieces, sequence and state, the last sequence that PostgreSQL has, the
-- position in the line, and how many orders were started in the last minute; nothing for a buyer without a
-- ticket that counts.
local offer = redis.call('HMGET', KEYS[1], 'staged', 'started', 'ahead', 'minute', 'count', 'before', ARGV[1])
local newest = {}
for ticket, quantity, seq, state in string.gmatch(offer[7] or '', one_ticket) do
  if state ~= 'c' then newest = { ticket, tonumber(quantity), tonumber(seq), state } end
end
if not newest[1] then return {} end
local staged = tonumber(offer[1])
return { newest[1], newest[2], newest[3], newest[4], staged,
  position(newest[3], staged, tonumber(offer[2]), tonumber(offer[3])),
  per_minute(now(), offer[4], offer[5], offer[6]) }
