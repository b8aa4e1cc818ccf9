-- KEYS: a code. ARGV: time, mac. One that is no longer there would have ended by now; one with another mac is newer.
local code = kept()
if code and same(code.mac, ARGV[2]) then
  redis.call('HSET', KEYS[1], 'used', '0')
end
return 1
