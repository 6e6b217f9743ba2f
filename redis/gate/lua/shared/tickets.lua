-- An offer is one hash: its numbers, and a field for each buyer who holds tickets. That field is one short
-- text, `<ticket>:<pieces>:<sequence>:<state>` joined by commas; state l: live (queued or unpaid), p: paid.
-- A ticket that its buyer let go unpaid stays as `<ticket>:0:<until>:c` while the buyer cools off.
-- One hash, because in a rush each call of a join counts.
local one_ticket = '(%d+):(%d+):(%d+):(%a)'
