-- Takes staged entries off the queue and counts them, each once.
-- KEYS: offer, queue. ARGV: for each entry its id, epoch, buyer, ticket, pieces, sequence, and 1 when staging
-- has refused it: then its buyer is free to join again, and its pieces are NOT added, as nobody has counted
-- them.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'queued', 'staged', 'counted')
local queued, staged = tonumber(offer[2] or '0'), tonumber(offer[3] or '0')
local counted, removed = tonumber(offer[4] or '0'), 0
for i = 1, #ARGV, 7 do
  redis.call('XACK', KEYS[2], 'consumers', ARGV[i])
  if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 then
    removed = removed + 1
    if ARGV[i + 1] == offer[1] then
      queued = queued - tonumber(ARGV[i + 4])
      staged = math.max(staged, tonumber(ARGV[i + 5]))
      counted = counted + 1
    end
  end
  if ARGV[i + 6] == '1' then take_out(KEYS[1], ARGV[i + 2], ARGV[i + 3]) end
end
if offer[1] then redis.call('HSET', KEYS[1], 'queued', queued, 'staged', staged, 'counted', counted) end
return removed
