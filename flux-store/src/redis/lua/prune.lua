-- KEYS: a user's entries. ARGV: session, entry, session, entry … Removes each session's entry if it is still that one.
-- Gives the entries that are there then.
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return redis.call('HGETALL', KEYS[1])
