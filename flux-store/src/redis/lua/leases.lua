-- KEYS: leases. ARGV: time. Gives node, incarnation, node, incarnation …
local held, found = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #held, 2 do
  local incarnation = held[i] ~= 'last' and live(held[i + 1])
  if incarnation then
    table.insert(found, held[i])
    table.insert(found, incarnation)
  end
end
return found
