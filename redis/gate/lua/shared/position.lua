-- How many tickets are in front of one, itself included: those between it and the last started order, but not
-- more than are waiting at all (`ahead`: in PostgreSQL, at the supervisor's last look; the rest are in the
-- queue).
local function position(seq, staged, started, ahead)
  return math.max(0, math.min(seq - started, ahead + math.max(0, seq - staged)))
end
