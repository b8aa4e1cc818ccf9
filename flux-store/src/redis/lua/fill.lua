-- KEYS: a place. ARGV: time, token, value, span, ms to keep. Gives whether the place was filled: if the lease stood there.
local kind, held = place()
if kind ~= 'L' or held ~= ARGV[2] then
  return 0
end
put('V', ARGV[3], tonumber(ARGV[4]))
return 1
