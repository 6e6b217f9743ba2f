-- A buyer joins. KEYS: offer, queue, token. ARGV: buyer, pieces, ticket, address. All or nothing; a refusal changes nothing that counts.
-- Answers one text, a word and what belongs to it joined by colons: Redis turns a table into a reply far more slowly.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'seen', 'limit', 'left', 'queued', 'seq', 'staged', ARGV[1])
local record, bought = offer[8], 0
if record then
  for ticket, quantity, seq, state in string.gmatch(record, one_ticket) do
    if state == 'l' then return 'already_queued:' .. ticket .. ':' .. math.max(0, tonumber(seq) - tonumber(offer[7])) end
    bought = bought + tonumber(quantity)
  end
end

if not offer[1] then return 'missing' end
local time, refusal = now(), nil
-- In a rush, one join in each millisecond sees for all that the gate is open: no server restarts within one, and who changes the gate clears `seen`.
if tonumber(offer[2]) ~= time then
  local gate = redis.call('HMGET', KEYS[1], 'run', 'lease', 'paused', 'opens', 'ends')
  if gate[3] == '1' or time > tonumber(gate[2]) or gate[1] ~= run_id() then return 'paused' end
  if time < tonumber(gate[4]) then
    refusal = 'not_open:' .. gate[4]
  elseif time >= tonumber(gate[5]) then
    refusal = 'ended'
  else
    redis.call('HSET', KEYS[1], 'seen', time)
  end
end

local pieces, limit, left = tonumber(ARGV[2]), tonumber(offer[3]), tonumber(offer[4])
if not refusal then
  if bought >= limit then
    refusal = 'already_bought'
  elseif bought + pieces > limit then
    refusal = 'over_limit:' .. limit
  elseif left < pieces then
    refusal = 'sold_out:' .. left
  end
end
-- The token comes before all these, and getting in spends it: one call does both.
if redis.call(refusal and 'EXISTS' or 'DEL', KEYS[3]) == 0 then return 'bad_token' end
if refusal then return refusal end

local seq = tonumber(offer[6]) + 1
local ticket = ARGV[3] .. ':' .. ARGV[2] .. ':' .. seq .. ':l'
local tickets = record and record .. ',' .. ticket or ticket
redis.call('HSET', KEYS[1], 'left', left - pieces, 'queued', tonumber(offer[5]) + pieces, 'seq', seq, ARGV[1], tickets)
redis.call('XADD', KEYS[2], '*', 'ticket', ticket .. ':' .. ARGV[1] .. ':' .. ARGV[4] .. ':' .. offer[1])
return 'admitted:' .. ARGV[3] .. ':' .. math.max(0, seq - tonumber(offer[7]))
