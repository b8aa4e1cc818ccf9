-- Before every script on places of the cache: what stands in one is 'V till span value' or 'L till span token'. What is
-- of another type is nothing, and is written over.
local function place(key)
  local text = redis.pcall('GET', key)
  if type(text) == 'string' then
    local kind, ends, span, rest = string.match(text, '^([VL]) (%d+) (%d+) (.*)$')
    if kind and left(tonumber(ends), tonumber(span)) > 0 then
      return kind, rest
    end
  end
end

local function till(span)
  return digits(now + span) .. ' ' .. digits(span) .. ' '
end
