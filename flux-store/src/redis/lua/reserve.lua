-- KEYS: a place. ARGV: time, token, span, ms to keep. Puts a lease in an empty place; gives whether it stands there.
local kind, held = place()
if kind == 'V' then
  return 0
end
if kind == 'L' then
  return held == ARGV[2] and 1 or 0
end
put('L', ARGV[2], tonumber(ARGV[3]))
return 1
