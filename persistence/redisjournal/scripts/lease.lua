-- Reads an organisation's fence and changes nothing.
--
-- KEYS: identity, fence
-- ARGV: identity
-- Answers epoch and last sequence, as text; 0 and 0 where there is no fence.
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

local held = redis.call('HMGET', KEYS[2], 'e', 'v')
return {held[1] or '0', held[2] or '0'}
