-- Before every script on leases: what a lease says is 'incarnation till span'.
local function live(lease)
  local incarnation, till, span = string.match(lease or '', '^(%d+) (%d+) (%d+)$')
  if incarnation and left(tonumber(till), tonumber(span)) > 0 then
    return incarnation
  end
end

local function lease(incarnation, span)
  return incarnation .. ' ' .. digits(now + span) .. ' ' .. digits(span)
end
