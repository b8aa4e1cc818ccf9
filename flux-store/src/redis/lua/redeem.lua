-- KEYS: a code. ARGV: time, mac. Gives how long it would still have been good and how many tries it had left.
local code = kept()
if not code or code.used or code.tries == 0 or now >= code.ends then
  return false
end
-- Issued in what is now the future: the clock was set back. A code is not good for longer because of that.
if now < code.issued then
  return false
end
if not same(code.mac, ARGV[2]) then
  redis.call('HSET', KEYS[1], 'tries', digits(code.tries - 1))
  return false
end
redis.call('HSET', KEYS[1], 'used', '1')
return { code.ends - now, code.tries }
