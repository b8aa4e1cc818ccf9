-- KEYS: failures. ARGV: time, how many are free, the first wait, the longest, after how long they are forgotten, ms to
-- keep them then. Gives how long to wait now.
local count = failures() + 1
local forget, wait = tonumber(ARGV[5]), 0
local costly = count - ARGV[2]
if costly > 0 then
  -- Beyond 50 doublings a microsecond is longer than anything to wait for.
  wait = math.min(ARGV[3] * 2 ^ math.min(costly - 1, 50), tonumber(ARGV[4]))
end
local keep = math.max(wait, forget)
local text = { digits(count), digits(now + wait), digits(wait), digits(now + keep), digits(forget) }
redis.call('SET', KEYS[1], table.concat(text, ' '), 'PX', digits(math.ceil(keep / 1000) + ARGV[6]))
return wait
