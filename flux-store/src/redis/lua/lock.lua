-- Before every script on locks: what is kept is 'token till span'; the span of a lock that nobody holds is 0.
local function last()
  local token, till, span = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) (%d+)$')
  if token then
    return token, left(tonumber(till), tonumber(span)) > 0
  end
end

local function keep(token, span)
  local text = token .. ' ' .. digits(now + span) .. ' ' .. digits(span)
  redis.call('SET', KEYS[1], text, 'PX', digits(math.ceil(span / 1000) + ARGV[#ARGV]))
end
