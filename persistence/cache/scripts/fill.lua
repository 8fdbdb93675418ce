-- Stores an entry that was read from the Store, if nothing was applied since.
-- KEYS  the organisation's head; the entry
-- ARGV  through and life when the entry was missed; its version, 20 digits;
--       its value; its life in ms; life of a head in ms
-- gives 1 stored; 0 refused
local head = redis.call('HMGET', KEYS[1], 'through', 'life')
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] then
    return 0
end
local life, version = ARGV[2], ARGV[3]
local there = redis.call('GETRANGE', KEYS[2], 0, #life + 19)
if string.sub(there, 1, #life) == life and string.sub(there, #life + 1) > version then
    return 0 -- a lower version never replaces a higher
end
redis.call('SET', KEYS[2], life .. version .. ARGV[4], 'PX', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return 1
