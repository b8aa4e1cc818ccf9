-- KEYS: a bucket: when it is full again. ARGV: time, what one costs, what a whole bucket costs, ms to keep it once it
-- is full. Gives how long until there is one to take.
local cost, whole_bucket = tonumber(ARGV[2]), tonumber(ARGV[3])
local full = now + left(whole(redis.call('GET', KEYS[1])) or now, whole_bucket) + cost
local wait = full - now - whole_bucket
if wait > 0 then
  return wait
end
redis.call('SET', KEYS[1], digits(full), 'PX', digits(math.ceil((full - now) / 1000) + ARGV[4]))
return 0
