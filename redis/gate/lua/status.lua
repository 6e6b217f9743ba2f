-- Where a buyer stands: the newest ticket, what is staged, how fast. KEYS: offer. ARGV: buyer.
local offer = redis.call('HMGET', KEYS[1], 'staged', 'minute', 'count', 'before', ARGV[1])
local newest = {}
for ticket, quantity, seq, state in string.gmatch(offer[5] or '', one_ticket) do
  newest = { ticket, tonumber(quantity), tonumber(seq), state }
end
if not newest[1] then return {} end
-- The last minute's rate: all of this minute's, and of the one before the part that is less than a minute ago.
local time = now()
local minute = math.floor(time / 60000)
local past = tonumber(offer[2] or '0')
local count, before = tonumber(offer[3] or '0'), tonumber(offer[4] or '0')
if past < minute then count, before = 0, past == minute - 1 and count or 0 end
local rate = count + before * (60000 - time % 60000) / 60000
return { newest[1], newest[2], newest[3], newest[4], tonumber(offer[1] or '0'), math.floor(rate) }
