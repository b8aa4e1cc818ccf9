-- KEYS: failures. ARGV: time. Gives how long to wait.
local _, wait = failures()
return wait
