-- KEYS: places. ARGV: time, token, span, ms to keep. Puts a lease in each that is empty; gives of each whether it stands
-- there.
local span = tonumber(ARGV[3])
local lease, stands = 'L ' .. till(span) .. ARGV[2], {}
for i, key in ipairs(KEYS) do
  stands[i] = 1
  if not redis.call('SET', key, lease, 'PX', ARGV[4], 'NX') then
    local kind, held = place(key)
    if not kind then
      redis.call('SET', key, lease, 'PX', ARGV[4])
    elseif kind ~= 'L' or held ~= ARGV[2] then
      stands[i] = 0
    end
  end
end
return stands
