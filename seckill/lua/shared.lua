-- What several scripts need; each of them begins with this text.

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

-- An offer is one hash: its numbers, and a field for each buyer who holds tickets. Those are one short text, `<ticket>:<pieces>:<sequence>:<state>`
-- joined by commas; state l: live (queued or unpaid), p: paid. One hash, because in a rush each call of a join counts.
local one_ticket = '(%d+):(%d+):(%d+):(%a)'

-- Takes a ticket out of its buyer's record; answers its pieces, or nothing when it is not in there.
local function take_out(offer, buyer, gone)
  local kept, pieces = {}, nil
  for ticket, quantity, seq, state in string.gmatch(redis.call('HGET', offer, buyer) or '', one_ticket) do
    if ticket == gone then
      pieces = tonumber(quantity)
    else
      kept[#kept + 1] = ticket .. ':' .. quantity .. ':' .. seq .. ':' .. state
    end
  end
  if not pieces then return nil end
  if #kept == 0 then
    redis.call('HDEL', offer, buyer)
  else
    redis.call('HSET', offer, buyer, table.concat(kept, ','))
  end
  return pieces
end

-- How this gate's epoch stands to the one that a caller knows: `same`, `newer` (nothing to do), `older` (try again; also when it is empty).
local function epoch_is(offer, epoch)
  local own = tonumber(redis.call('HGET', offer, 'epoch') or '-1')
  if own == tonumber(epoch) then return 'same' end
  return own > tonumber(epoch) and 'newer' or 'older'
end
