-- Pauses, resumes, or ends by time. KEYS: offer. ARGV: epoch, paused, opens, ends.
local is = epoch_is(KEYS[1], ARGV[1])
if is == 'same' then redis.call('HSET', KEYS[1], 'paused', ARGV[2], 'opens', ARGV[3], 'ends', ARGV[4], 'seen', 0) end
return is
