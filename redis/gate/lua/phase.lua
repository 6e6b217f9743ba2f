-- Sets what the gate has to obey. KEYS: offer. ARGV: epoch, paused, opens, ends, shed, revision.
-- An older revision than the gate's changes nothing: another change came in between.
local is = epoch_is(KEYS[1], ARGV[1])
if is == 'same' and tonumber(ARGV[6]) >= tonumber(redis.call('HGET', KEYS[1], 'revision')) then
  redis.call('HSET', KEYS[1], 'paused', ARGV[2], 'opens', ARGV[3], 'ends', ARGV[4], 'shed', ARGV[5],
    'revision', ARGV[6], 'seen', 0)
end
return is
