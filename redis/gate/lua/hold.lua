-- Admits nobody until the supervisor's next look or load. KEYS: offer. Of whatever epoch; nothing where
-- nothing is.
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'paused', 1, 'seen', 0) end
