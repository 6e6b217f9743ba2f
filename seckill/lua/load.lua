-- Loads an offer from what PostgreSQL says. KEYS: offer, buyers, queue, loading (the buyers, written before). ARGV: epoch, left, opens, ends,
-- limit, paused, lease in ms, expiry (ms since 1970). A late load of an older epoch changes nothing; nor does the repetition of one that came.
local own = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
local epoch = tonumber(ARGV[1])
if own > epoch then
  redis.call('DEL', KEYS[4])
  return 'newer'
end
if own == epoch then
  redis.call('DEL', KEYS[4])
  return redis.call('HGET', KEYS[1], 'run') == run_id() and 'same' or 'stale'
end
local seq = redis.call('HGET', KEYS[1], 'seq') or '0'
redis.call('DEL', KEYS[1], KEYS[2])
if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[2]) end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run', run_id(), 'lease', now() + tonumber(ARGV[7]), 'left', ARGV[2], 'queued', 0, 'opens', ARGV[3],
  'ends', ARGV[4], 'limit', ARGV[5], 'paused', ARGV[6], 'seq', seq, 'staged', seq)
redis.pcall('XGROUP', 'CREATE', KEYS[3], 'drains', '0', 'MKSTREAM')
for i = 1, 3 do redis.call('PEXPIREAT', KEYS[i], ARGV[8]) end
return 'loaded'
