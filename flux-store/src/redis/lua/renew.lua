-- KEYS: leases. ARGV: time, node, span.
local incarnation = live(redis.call('HGET', KEYS[1], ARGV[2]))
if not incarnation then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[2], lease(incarnation, tonumber(ARGV[3])))
return 1
