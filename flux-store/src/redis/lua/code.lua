-- Before every script on codes: what is kept is a hash of mac, issued, ends, tries, used.
local function kept()
  local fields = redis.call('HMGET', KEYS[1], 'mac', 'issued', 'ends', 'tries', 'used')
  local issued, ends, tries = whole(fields[2]), whole(fields[3]), whole(fields[4])
  if fields[1] and issued and ends and tries then
    return { mac = fields[1], issued = issued, ends = ends, tries = tries, used = fields[5] ~= '0' }
  end
end

-- Every byte is looked at, wherever the first difference is.
local function same(one, other)
  if #one ~= 32 or #other ~= 32 then
    return false
  end
  local difference = 0
  for i = 1, 32 do
    difference = bit.bor(difference, bit.bxor(string.byte(one, i), string.byte(other, i)))
  end
  return difference == 0
end
