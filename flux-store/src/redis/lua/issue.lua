-- KEYS: a code. ARGV: time, mac, lifetime, tries, pause, ms to keep. Gives how long it is too soon.
local last = kept()
local pause = tonumber(ARGV[5])
if last then
  local wait = left(last.issued + pause, pause)
  if wait > 0 then
    return wait
  end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'mac', ARGV[2], 'issued', digits(now), 'ends', digits(now + ARGV[3]), 'tries', ARGV[4],
  'used', '0')
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 0
