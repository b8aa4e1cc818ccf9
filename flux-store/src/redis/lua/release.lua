-- KEYS: a user's entries. ARGV: session, generation. Gives the entry that was removed, if any.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored and string.sub(stored, 1, #ARGV[2]) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return stored
end
return false
