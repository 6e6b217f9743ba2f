-- One look of the gate supervisor: renews the gate's lease, sets what PostgreSQL says about it, answers its
-- counts. KEYS: offer, queue. ARGV: 1 epoch, 2 lease in ms, 3 least life of the keys in ms; and, unless only
-- the lease is to be renewed,
--       4 revision of the terms, 5 paused, 6 shed, 7 opens, 8 ends, 9 `force` to set terms that are older than the
--       gate's, 10 tickets that wait in PostgreSQL, 11 the lowest sequence of these or ''.
-- Answers `lost`: this is not the gate that was loaded at that epoch; `newer` and the gate's epoch;
-- `queue_lost` and how many entries are missing; `terms_newer`; or `renewed`, pieces left, pieces queued.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'server', 'left', 'queued', 'seq', 'first', 'counted',
  'staged', 'revision', 'started', 'progress')
local own, epoch = tonumber(offer[1]), tonumber(ARGV[1])
if not own or own < epoch then return { 'lost' } end
if own > epoch then return { 'newer', own } end
if offer[2] ~= server_id() then return { 'lost' } end

-- Every entry of this epoch that is not counted yet is in the queue, or somebody has removed the queue's key.
local uncounted = tonumber(offer[5]) - tonumber(offer[6]) - tonumber(offer[7])
local missing = uncounted - redis.call('XLEN', KEYS[2])
if missing > 0 then return { 'queue_lost', missing } end

local time = now()
redis.call('HSET', KEYS[1], 'lease', time + tonumber(ARGV[2]))
local life = tonumber(ARGV[3])
if redis.call('PTTL', KEYS[1]) < life / 2 then
  for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end

if ARGV[4] then
  if ARGV[9] ~= 'force' and tonumber(offer[9]) > tonumber(ARGV[4]) then return { 'terms_newer' } end
  local staged, waiting = tonumber(offer[8]), tonumber(ARGV[10])
  local started = ARGV[11] ~= '' and tonumber(ARGV[11]) - 1 or staged
  -- Orders placed since the last look: how fast the line moves.
  local progress = math.max(tonumber(offer[11] or '0'), staged - waiting)
  count_started(KEYS[1], time, progress - tonumber(offer[11] or progress))
  redis.call('HSET', KEYS[1], 'revision', ARGV[4], 'paused', ARGV[5], 'shed', ARGV[6], 'opens', ARGV[7],
    'ends', ARGV[8], 'seen', 0, 'ahead', waiting, 'progress', progress,
    'started', math.max(tonumber(offer[10]), started))
end
return { 'renewed', tonumber(offer[3]), tonumber(offer[4]) }
