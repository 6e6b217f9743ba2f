-- Removes a ticket from its buyer's record. Returns its pieces, or nil when the record does not have it.
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

-- Compares this gate's epoch with the caller's: `same`; `newer`: nothing to do; `older`, also when the gate
-- is empty: try again once it is loaded.
local function epoch_is(offer, epoch)
  local own = tonumber(redis.call('HGET', offer, 'epoch') or '-1')
  if own == tonumber(epoch) then return 'same' end
  return own > tonumber(epoch) and 'newer' or 'older'
end
