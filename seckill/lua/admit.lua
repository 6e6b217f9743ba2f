-- A buyer joins. KEYS: offer, buyers, queue, token. ARGV: buyer, pieces, ticket, address. All or nothing; a refusal changes nothing.
local record = redis.call('HGET', KEYS[2], ARGV[1])
local bought = 0
if record then
  for ticket, quantity, seq, state in string.gmatch(record, one_ticket) do
    if state == 'l' then
      local staged = redis.call('HGET', KEYS[1], 'staged') or '0'
      return { 'already_queued', ticket, math.max(0, tonumber(seq) - tonumber(staged)) }
    end
    bought = bought + tonumber(quantity)
  end
end

local offer = redis.call('HMGET', KEYS[1], 'epoch', 'run', 'lease', 'paused', 'opens', 'ends', 'limit', 'left', 'queued', 'seq', 'staged')
if not offer[1] then return { 'missing' } end
local time = now()
if offer[4] == '1' or time > tonumber(offer[3]) or offer[2] ~= run_id() then return { 'paused' } end
if redis.call('GET', KEYS[4]) ~= ARGV[1] then return { 'bad_token' } end
if time < tonumber(offer[5]) then return { 'not_open', offer[5] } end
if time >= tonumber(offer[6]) then return { 'ended' } end
local pieces, limit = tonumber(ARGV[2]), tonumber(offer[7])
if bought + pieces > limit then
  if bought >= limit then return { 'already_bought' } end
  return { 'over_limit', limit }
end
local left = tonumber(offer[8])
if left < pieces then return { 'sold_out', left } end

local seq = tonumber(offer[10]) + 1
redis.call('HSET', KEYS[1], 'left', left - pieces, 'queued', tonumber(offer[9]) + pieces, 'seq', seq)
redis.call('DEL', KEYS[4])
local ticket = ARGV[3] .. ':' .. ARGV[2] .. ':' .. seq .. ':l'
redis.call('HSET', KEYS[2], ARGV[1], record and record .. ',' .. ticket or ticket)
redis.call('XADD', KEYS[3], '*', 't', ARGV[3], 'b', ARGV[1], 'q', ARGV[2], 'a', ARGV[4], 's', seq, 'e', offer[1])
return { 'admitted', ARGV[3], math.max(0, seq - tonumber(offer[11])) }
