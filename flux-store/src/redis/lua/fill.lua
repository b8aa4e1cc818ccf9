-- KEYS: places. ARGV: time, token, span, ms to keep, a value for each. Gives of each whether it was filled: if the lease
-- stood there.
local head, filled = 'V ' .. till(tonumber(ARGV[3])), {}
for i, key in ipairs(KEYS) do
  local kind, held = place(key)
  filled[i] = 0
  if kind == 'L' and held == ARGV[2] then
    redis.call('SET', key, head .. ARGV[4 + i], 'PX', ARGV[4])
    filled[i] = 1
  end
end
return filled
