-- A buyer joins. KEYS: offer, queue, token. ARGV: buyer, pieces, ticket, address. All or nothing; a refusal changes nothing that counts.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'lease', 'paused', 'opens', 'ends', 'limit', 'left', 'queued', 'seq', 'staged', ARGV[1])
local record, bought = offer[12], 0
if record then
  for ticket, quantity, seq, state in string.gmatch(record, one_ticket) do
    if state == 'l' then return { 'already_queued', ticket, math.max(0, tonumber(seq) - tonumber(offer[11])) } end
    bought = bought + tonumber(quantity)
  end
end

if not offer[1] then return { 'missing' } end
local time = now()
if offer[4] == '1' or time > tonumber(offer[3]) then return { 'paused' } end
-- Asking whose run this is takes a third of a join, and no server restarts within a millisecond: in a rush, one join in each asks for all.
if tonumber(offer[2]) ~= time then
  if redis.call('HGET', KEYS[1], 'run') ~= run_id() then return { 'paused' } end
  redis.call('HSET', KEYS[1], 'seen', time)
end

local pieces, limit, left = tonumber(ARGV[2]), tonumber(offer[7]), tonumber(offer[8])
local refusal
if time < tonumber(offer[5]) then
  refusal = { 'not_open', offer[5] }
elseif time >= tonumber(offer[6]) then
  refusal = { 'ended' }
elseif bought >= limit then
  refusal = { 'already_bought' }
elseif bought + pieces > limit then
  refusal = { 'over_limit', limit }
elseif left < pieces then
  refusal = { 'sold_out', left }
end
-- The token comes before all these, and getting in spends it: one call does both.
if redis.call(refusal and 'EXISTS' or 'DEL', KEYS[3]) == 0 then return { 'bad_token' } end
if refusal then return refusal end

local seq = tonumber(offer[10]) + 1
local ticket = ARGV[3] .. ':' .. ARGV[2] .. ':' .. seq .. ':l'
local tickets = record and record .. ',' .. ticket or ticket
redis.call('HSET', KEYS[1], 'left', left - pieces, 'queued', tonumber(offer[9]) + pieces, 'seq', seq, ARGV[1], tickets)
redis.call('XADD', KEYS[2], '*', 'ticket', ticket .. ':' .. ARGV[1] .. ':' .. ARGV[4] .. ':' .. offer[1])
return { 'admitted', ARGV[3], math.max(0, seq - tonumber(offer[11])) }
