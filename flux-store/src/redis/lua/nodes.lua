-- KEYS: leases, infos. ARGV: time. Gives node, info, node, info …
local held, found = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #held, 2 do
  if held[i] ~= 'last' and live(held[i + 1]) then
    table.insert(found, held[i])
    table.insert(found, redis.call('HGET', KEYS[2], held[i]) or '')
  end
end
return found
