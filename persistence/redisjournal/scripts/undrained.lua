-- Lists the organisations of a shard that have entries, in order of their names.
--
-- KEYS: identity, dirty set
-- ARGV: identity, where to begin (as ZRANGE BYLEX takes it), most
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

return redis.call('ZRANGE', KEYS[2], ARGV[2], '+', 'BYLEX', 'LIMIT', 0, ARGV[3])
