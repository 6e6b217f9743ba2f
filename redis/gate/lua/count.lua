-- Takes staged entries off the queue and counts them, each once. KEYS: offer, queue. ARGV: for each entry its id, epoch, buyer, ticket, pieces,
-- sequence, and 1 when staging has refused it: then its buyer is free to join again, and its pieces are NOT added, as nobody has counted them.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'queued', 'staged', 'minute', 'count', 'before')
local queued, staged = tonumber(offer[2] or '0'), tonumber(offer[3] or '0')
local counted = 0
for i = 1, #ARGV, 7 do
  redis.call('XACK', KEYS[2], 'consumers', ARGV[i])
  if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 then
    counted = counted + 1
    if ARGV[i + 1] == offer[1] then
      queued = queued - tonumber(ARGV[i + 4])
      staged = math.max(staged, tonumber(ARGV[i + 5]))
    end
  end
  if ARGV[i + 6] == '1' then take_out(KEYS[1], ARGV[i + 2], ARGV[i + 3]) end
end
if not offer[1] then return counted end
local minute = math.floor(now() / 60000)
local past, count, before = tonumber(offer[4] or '0'), tonumber(offer[5] or '0'), tonumber(offer[6] or '0')
if past < minute then count, before = 0, past == minute - 1 and count or 0 end
redis.call('HSET', KEYS[1], 'queued', queued, 'staged', staged, 'minute', minute, 'count', count + counted, 'before', before)
return counted
