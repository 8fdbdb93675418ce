-- Brings an organisation's fence to where the store is, never back. Where the
-- fence was behind, its stream is of an older state: the store has all of it.
--
-- KEYS: identity, dirty set, fence, stream
-- ARGV: identity, organisation, lowest epoch, lowest sequence
-- Answers the sequence the fence had, as text; '0' where there was none.
--
-- Numbers are compared as text: beyond 2^53 Lua's are not exact.
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

local function below(a, b)
  return #a < #b or (#a == #b and a < b)
end

local held = redis.call('HMGET', KEYS[3], 'e', 'v')
local epoch, last = held[1] or '0', held[2] or '0'
if below(last, ARGV[4]) then
  redis.call('DEL', KEYS[4])
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('HSET', KEYS[3], 'v', ARGV[4])
end
-- A repeat writes too: WAIT covers no more than what its own connection wrote.
redis.call('HSET', KEYS[3], 'e', below(epoch, ARGV[3]) and ARGV[3] or epoch)
return last
