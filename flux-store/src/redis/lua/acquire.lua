-- KEYS: a lock. ARGV: time, span, ms to keep its last token. Gives the token, if the lock was free.
local token, held = last()
if held then
  return false
end
-- Above the last one, and where that was lost, above it all the same: the server's own time, never a test's.
token = digits(math.max((tonumber(token) or 0) + 1, clock()))
keep(token, tonumber(ARGV[2]))
return token
