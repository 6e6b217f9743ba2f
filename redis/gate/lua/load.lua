-- Loads an offer from what PostgreSQL says. KEYS: offer, queue, loading (the buyers, written before). ARGV: epoch, left, opens, ends, limit,
-- paused, lease in ms, expiry (ms since 1970), highest sequence of the buyers' tickets, how many buyers. A late load of an older epoch changes
-- nothing; nor does the repetition of one that came.
local own = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
local epoch = tonumber(ARGV[1])
if own > epoch then
  redis.call('DEL', KEYS[3])
  return 'newer'
end
if own == epoch then
  redis.call('DEL', KEYS[3])
  return redis.call('HGET', KEYS[1], 'run') == run_id() and 'same' or 'stale'
end
-- Some were lost on the way, with a restart or a flush.
if redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[10]) then
  redis.call('UNLINK', KEYS[3])
  return 'stale'
end
-- Numbers go on where the older gate stopped, or, when it is lost, where PostgreSQL did.
local seq = math.max(tonumber(redis.call('HGET', KEYS[1], 'seq') or '0'), tonumber(ARGV[9]))
redis.call('UNLINK', KEYS[1])
if ARGV[10] ~= '0' then redis.call('RENAME', KEYS[3], KEYS[1]) end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run', run_id(), 'lease', now() + tonumber(ARGV[7]), 'left', ARGV[2], 'queued', 0, 'opens', ARGV[3],
  'ends', ARGV[4], 'limit', ARGV[5], 'paused', ARGV[6], 'seq', seq, 'staged', seq, 'seen', 0)
redis.pcall('XGROUP', 'CREATE', KEYS[2], 'consumers', '0', 'MKSTREAM')
for i = 1, 2 do redis.call('PEXPIREAT', KEYS[i], ARGV[8]) end
return 'loaded'
