-- This node's own clock, ms since 1970.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Changes with every restart and on every other node.
local function run_id()
  local info = redis.call('INFO', 'server')
  local _, before = string.find(info, 'run_id:', 1, true) -- Without patterns: much faster.
  return string.sub(info, before + 1, before + 40)
end
