-- Buyers join: all who asked in one moment, one after the other.
-- KEYS: offer, queue, then each one's token. ARGV: each one's buyer, pieces, ticket, address.
-- Each is admitted or refused alone; a refusal changes nothing that counts. What they share is read and
-- written once. Answers one text, joined by commas: of each a word and what belongs to it, joined by colons,
-- as Redis turns a table into a reply far more slowly.
local fields = { 'epoch', 'seen', 'limit', 'left', 'queued', 'seq', 'staged', 'started', 'ahead', 'shed' }
local before = #fields
for i = 1, #ARGV, 4 do fields[#fields + 1] = ARGV[i] end
local offer = redis.call('HMGET', KEYS[1], unpack(fields))
local epoch, limit, left, queued = offer[1], tonumber(offer[3]), tonumber(offer[4]), tonumber(offer[5])
local seq, staged = tonumber(offer[6]), tonumber(offer[7])
local started, ahead = tonumber(offer[8]), tonumber(offer[9])
local shed = tonumber(offer[10])
local records, answers = {}, {} -- A buyer may be here twice.
for i = before + 1, #offer do records[ARGV[(i - before - 1) * 4 + 1]] = offer[i] end
local time = now()

-- What the gate says to everybody: false when it is open. In a rush, one call in each millisecond looks for
-- all, as no server restarts within one; who changes the gate clears `seen`.
local gate = nil
local function shut()
  if gate ~= nil then return gate end
  gate = false
  if tonumber(offer[2]) ~= time then
    local known = redis.call('HMGET', KEYS[1], 'server', 'lease', 'paused', 'opens', 'ends')
    if known[3] == '1' or time > tonumber(known[2]) or known[1] ~= server_id() then
      gate = 'paused'
    elseif time < tonumber(known[4]) then
      gate = 'not_open:' .. known[4]
    elseif time >= tonumber(known[5]) then
      gate = 'ended'
    else
      redis.call('HSET', KEYS[1], 'seen', time)
    end
  end
  return gate
end

-- Whether the brake refuses this token: `shed` of a hundred tokens, the same ones each time they are tried.
local function is_shed(token)
  return shed > 0 and tonumber(string.sub(redis.sha1hex(token), 1, 6), 16) % 100 < shed
end

-- A buyer's record without the tickets that were let go: their time is over.
local function without_cooling(record)
  local kept = {}
  for entry in string.gmatch(record, '[^,]+') do
    if string.sub(entry, -1) ~= 'c' then kept[#kept + 1] = entry end
  end
  return kept[1] and table.concat(kept, ',')
end

local changed = {}
local function admit(buyer, pieces, ticket, address, token)
  local record, bought, cools = records[buyer], 0, 0
  if record then
    for known, quantity, at, state in string.gmatch(record, one_ticket) do
      if state == 'l' then
        return 'already_queued:' .. known .. ':' .. position(tonumber(at), staged, started, ahead)
      end
      if state == 'c' then cools = math.max(cools, tonumber(at)) end
      bought = bought + tonumber(quantity)
    end
  end
  if not epoch then return 'missing' end
  local refusal = shut()
  if refusal == 'paused' then return refusal end
  if not refusal then
    if is_shed(token) then
      return 'paused'
    elseif cools > time then
      refusal = 'cooling_off:' .. string.format('%.0f', cools)
    elseif bought >= limit then
      refusal = 'already_bought'
    elseif bought + pieces > limit then
      refusal = 'over_limit:' .. limit
    elseif left < pieces then
      refusal = 'sold_out:' .. left
    end
  end
  -- The token comes before all these, and getting in spends it: one call does both.
  if redis.call(refusal and 'EXISTS' or 'DEL', token) == 0 then return 'bad_token' end
  if refusal then return refusal end

  left, queued, seq = left - pieces, queued + pieces, seq + 1
  local entry = ticket .. ':' .. pieces .. ':' .. seq .. ':l'
  if cools > 0 then record = without_cooling(record) end
  records[buyer] = record and record .. ',' .. entry or entry
  changed[#changed + 1] = buyer
  changed[#changed + 1] = records[buyer]
  redis.call('XADD', KEYS[2], '*', 'ticket', entry .. ':' .. buyer .. ':' .. address .. ':' .. epoch)
  return 'admitted:' .. ticket .. ':' .. position(seq, staged, started, ahead)
end

for i = 3, #KEYS do
  local at = (i - 3) * 4
  answers[i - 2] = admit(ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4], KEYS[i])
end
if #changed > 0 then
  redis.call('HSET', KEYS[1], 'left', left, 'queued', queued, 'seq', seq, unpack(changed))
end
return table.concat(answers, ',')
