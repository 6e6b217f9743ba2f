-- What several scripts need; each of them begins with this text.

-- This node's own clock, ms since 1970.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Changes with every restart and on every other node.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
end

-- A buyer's tickets are one short text, `<ticket>:<pieces>:<sequence>:<state>` joined by commas; state l: live (queued or unpaid), p: paid.
local one_ticket = '(%d+):(%d+):(%d+):(%a)'

-- The text without that ticket, and the ticket's pieces; no pieces when it is not in there.
local function without(record, gone)
  local kept, pieces = {}, nil
  for ticket, quantity, seq, state in string.gmatch(record or '', one_ticket) do
    if ticket == gone then
      pieces = tonumber(quantity)
    else
      kept[#kept + 1] = ticket .. ':' .. quantity .. ':' .. seq .. ':' .. state
    end
  end
  return table.concat(kept, ','), pieces
end

local function keep(buyers, buyer, record)
  if record == '' then
    redis.call('HDEL', buyers, buyer)
  else
    redis.call('HSET', buyers, buyer, record)
  end
end

-- How this gate's epoch stands to the one that a caller knows: `same`, `newer` (nothing to do), `older` (try again; also when it is empty).
local function epoch_is(offer, epoch)
  local own = tonumber(redis.call('HGET', offer, 'epoch') or '-1')
  if own == tonumber(epoch) then return 'same' end
  return own > tonumber(epoch) and 'newer' or 'older'
end
