-- Before every script on places of the cache: what stands there is 'V till span value' or 'L till span token'.
local function place()
  local kind, till, span, rest = string.match(redis.call('GET', KEYS[1]) or '', '^([VL]) (%d+) (%d+) (.*)$')
  if kind and left(tonumber(till), tonumber(span)) > 0 then
    return kind, rest
  end
end

local function put(kind, rest, span)
  local text = kind .. ' ' .. digits(now + span) .. ' ' .. digits(span) .. ' ' .. rest
  redis.call('SET', KEYS[1], text, 'PX', ARGV[#ARGV])
end
