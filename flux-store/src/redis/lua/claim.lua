-- KEYS: a user's entries. ARGV: session, generation, entry or '', an entry known to have lapsed or '', ms to keep.
-- Gives the entry in the way, if it is newer and not the one that has lapsed.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored and stored ~= ARGV[4] then
  local generation = string.match(stored, '^%d+')
  if generation and #generation == #ARGV[2] and generation > ARGV[2] then
    return stored
  end
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
return false
