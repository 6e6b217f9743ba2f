-- This node's own clock, ms since 1970.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The value behind `name:` in a section of INFO, 40 characters long. Without patterns: much faster.
local function info_id(section, name)
  local info = redis.call('INFO', section)
  local _, before = string.find(info, name, 1, true)
  return string.sub(info, before + 1, before + 40)
end

-- Which history of writes this server continues. The run id changes with every restart and differs on every
-- node; the replication id changes when a replica is promoted, also when the same process was demoted before.
local function server_id()
  return info_id('server', 'run_id:') .. info_id('replication', 'master_replid:')
end
