-- Adds to the number of orders started in this minute; the minute before is kept beside it.
local function count_started(offer, time, more)
  local known = redis.call('HMGET', offer, 'minute', 'count', 'before')
  local minute = math.floor(time / 60000)
  local past, count, before = tonumber(known[1] or '0'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
  if past < minute then count, before = 0, past == minute - 1 and count or 0 end
  redis.call('HSET', offer, 'minute', minute, 'count', count + more, 'before', before)
end

-- Orders started in the last minute: all of this minute's, and of the minute before the part that is still in
-- it.
local function per_minute(time, past, count, before)
  local minute = math.floor(time / 60000)
  past, count, before = tonumber(past or '0'), tonumber(count or '0'), tonumber(before or '0')
  if past < minute then count, before = 0, past == minute - 1 and count or 0 end
  return math.floor(count + before * (60000 - time % 60000) / 60000)
end
