-- KEYS: a lock. ARGV: time, token, span (0 to let go), ms to keep its last token.
local token, held = last()
if not held or token ~= ARGV[2] then
  return 0
end
keep(token, tonumber(ARGV[3]))
return 1
