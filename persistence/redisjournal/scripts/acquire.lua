-- Takes an organisation over: its epoch becomes the larger of what it was and
-- the floor, plus one. Nothing under a lower epoch is appended from then on.
--
-- KEYS: identity, fence
-- ARGV: identity, floor
-- Answers epoch and last sequence, as text: beyond 2^53 Lua's numbers are not exact.
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

local epoch, floor = redis.call('HGET', KEYS[2], 'e') or '0', ARGV[2]
if #floor > #epoch or (#floor == #epoch and floor > epoch) then
  redis.call('HSET', KEYS[2], 'e', floor)
end
redis.call('HINCRBY', KEYS[2], 'e', 1)
redis.call('HSETNX', KEYS[2], 'v', 0)
return redis.call('HMGET', KEYS[2], 'e', 'v')
