-- Before every script on failures: what is kept is 'count till wait ends forget'.
local function failures()
  local count, till, wait, ends, forget =
    string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  if count and left(tonumber(ends), math.max(tonumber(forget), tonumber(wait))) > 0 then
    return tonumber(count), left(tonumber(till), tonumber(wait))
  end
  return 0, 0
end
