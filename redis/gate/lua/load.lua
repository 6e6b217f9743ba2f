-- Loads an offer from what PostgreSQL says.
-- KEYS: offer, queue, loading (the buyers' records, written before).
-- ARGV: 1 epoch, 2 left, 3 opens, 4 ends, 5 limit, 6 paused, 7 lease in ms, 8 least life of the keys in ms,
--       9 highest sequence of the buyers' tickets, 10 number of buyers, 11 shed, 12 revision of the terms,
--       13… the quota changes that `left` contains.
-- A late load of an older epoch changes nothing; nor does the repetition of one that was loaded.
local own = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '-1')
local epoch = tonumber(ARGV[1])
if own > epoch then
  redis.call('UNLINK', KEYS[3])
  return 'newer'
end
if own == epoch then
  redis.call('UNLINK', KEYS[3])
  return redis.call('HGET', KEYS[1], 'server') == server_id() and 'same' or 'stale'
end
-- A restart or a flush has lost some of the records.
if redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[10]) then
  redis.call('UNLINK', KEYS[3])
  return 'stale'
end

-- Sequence numbers go on where the older gate stopped, or, when it is lost, where PostgreSQL did.
local seq = math.max(tonumber(redis.call('HGET', KEYS[1], 'seq') or '0'), tonumber(ARGV[9]))
redis.call('UNLINK', KEYS[1])
if ARGV[10] ~= '0' then redis.call('RENAME', KEYS[3], KEYS[1]) end
redis.call('HSET', KEYS[1],
  'epoch', ARGV[1], 'server', server_id(), 'lease', now() + tonumber(ARGV[7]), 'seen', 0,
  'left', ARGV[2], 'limit', ARGV[5], 'queued', 0, 'seq', seq, 'first', seq, 'counted', 0,
  'staged', seq, 'started', 0, 'ahead', 0,
  'opens', ARGV[3], 'ends', ARGV[4], 'paused', ARGV[6], 'shed', ARGV[11], 'revision', ARGV[12])
for i = 13, #ARGV do redis.call('HSET', KEYS[1], 'change:' .. ARGV[i], 0) end
redis.pcall('XGROUP', 'CREATE', KEYS[2], 'consumers', '0', 'MKSTREAM')

-- The keys outlive the end, and also this moment: a session may be closed long after its end.
local expires = math.max(tonumber(ARGV[4]), now()) + tonumber(ARGV[8])
for i = 1, 2 do redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', expires)) end
return 'loaded'
