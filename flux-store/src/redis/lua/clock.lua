-- Before every script that needs the time: microseconds, by this server's clock, or what a test says in ARGV[1].
local function clock()
  local shown = redis.call('TIME')
  return shown[1] * 1000000 + shown[2]
end
local now = ARGV[1] ~= '' and tonumber(ARGV[1]) or clock()

-- A whole number that a script wrote, or nil: tonumber() alone also takes 'nan' and '0x1'.
local function whole(text)
  return text and string.match(text, '^%d+$') and tonumber(text) or nil
end

local function digits(number)
  return string.format('%.0f', number)
end

-- How much is left of a span that ends at `till`. More than twice the span can only be left after the clock was set
-- back: then it counts as over, for nothing may last as long as the clock needs to come back.
local function left(till, span)
  local rest = till - now
  if rest > 0 and rest <= 2 * span then
    return rest
  end
  return 0
end
