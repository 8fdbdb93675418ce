-- Forgets what the store has archived. The organisation stays dirty while
-- anything newer is there.
--
-- KEYS: identity, dirty set, stream
-- ARGV: identity, the first ID to keep, organisation
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

redis.call('XTRIM', KEYS[3], 'MINID', ARGV[2])
if redis.call('XLEN', KEYS[3]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[3])
end
return redis.status_reply('OK')
