-- What the gate answers buyers before it looks at their tokens. KEYS: offer. ARGV: buyers. Changes nothing.
-- Answers the state of the offer, a colon, and one digit a buyer: 1 holds tickets that count, 0 holds none.
-- `unknown`: not loaded, its lease is over, or the server was restarted since; then the digits prove nothing.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'server', 'lease', 'paused', 'opens', 'ends', 'left', unpack(ARGV))
local time = now()
local state = 'open'
if not offer[1] or time > tonumber(offer[3]) or offer[2] ~= server_id() then
  state = 'unknown'
elseif offer[4] == '1' then
  state = 'paused'
elseif time < tonumber(offer[5]) then
  state = 'not_open'
elseif time >= tonumber(offer[6]) then
  state = 'ended'
elseif tonumber(offer[7]) <= 0 then
  state = 'sold_out'
end
local digits = {}
for i = 1, #ARGV do digits[i] = offer[7 + i] and string.find(offer[7 + i], ':[lp]') and '1' or '0' end
return state .. ':' .. table.concat(digits)
