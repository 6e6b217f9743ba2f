-- The supervisor renews the gate's lease. KEYS: offer. ARGV: epoch, lease in ms. `lost` when this is not the gate that was loaded at that epoch.
local offer = redis.call('HMGET', KEYS[1], 'epoch', 'run', 'left', 'queued')
if not offer[1] or tonumber(offer[1]) < tonumber(ARGV[1]) or offer[2] ~= run_id() then return { 'lost' } end
if tonumber(offer[1]) > tonumber(ARGV[1]) then return { 'newer' } end
redis.call('HSET', KEYS[1], 'lease', now() + tonumber(ARGV[2]))
return { 'renewed', tonumber(offer[3]), tonumber(offer[4]) }
