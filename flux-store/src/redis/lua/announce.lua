-- KEYS: leases, infos. ARGV: time, node, span, info, ms to keep both.
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  if held[i] ~= 'last' and not live(held[i + 1]) then
    redis.call('HDEL', KEYS[1], held[i])
    redis.call('HDEL', KEYS[2], held[i])
  end
end
local incarnation = live(redis.call('HGET', KEYS[1], ARGV[2]))
if not incarnation then
  -- Above every earlier one, also where all of those were lost: the server's own time, never a test's.
  local last = whole(redis.call('HGET', KEYS[1], 'last')) or 0
  incarnation = digits(math.max(last + 1, clock()))
  redis.call('HSET', KEYS[1], 'last', incarnation)
end
redis.call('HSET', KEYS[1], ARGV[2], lease(incarnation, tonumber(ARGV[3])))
redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
