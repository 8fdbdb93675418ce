-- Notes that the holder of an epoch has given the organisation up, unless
-- another holds it by now.
--
-- KEYS: identity, fence
-- ARGV: identity, epoch
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

if redis.call('HGET', KEYS[2], 'e') == ARGV[2] then
  redis.call('HSET', KEYS[2], 'r', ARGV[2])
end
return redis.status_reply('OK')
