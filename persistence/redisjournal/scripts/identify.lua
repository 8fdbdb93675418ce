-- Reads the identity of a shard, after setting it where it is what the caller
-- believes. Nothing else ever writes it.
--
-- KEYS: identity
-- ARGV: what it must be ('' = missing), what to make of it ('' = only read)
local found = redis.call('GET', KEYS[1]) or ''
if ARGV[2] ~= '' and found == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2])
  return ARGV[2]
end
return found
