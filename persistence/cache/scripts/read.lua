-- Reads an entry of an organisation, if the organisation's entries may be used.
-- KEYS  the organisation's head; the entry
-- ARGV  how far the reader knows the Store to be; a new life; life of a head in ms
-- gives {} not to be used; {life} not there; {life, value}
local head = redis.call('HMGET', KEYS[1], 'through', 'life')
if head[1] ~= ARGV[1] then
    if head[1] and tonumber(head[1]) > tonumber(ARGV[1]) then
        return {} -- the reader is behind: what is here may be right, but it cannot tell
    end
    -- The Store went on and nobody said what changed: all that is here is void.
    redis.call('HSET', KEYS[1], 'through', ARGV[1], 'life', ARGV[2])
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return {ARGV[2]}
end
local life = head[2]
local entry = redis.call('GET', KEYS[2])
if entry and string.sub(entry, 1, #life) == life then
    return {life, string.sub(entry, #life + 21)} -- 20 digits of version stand between
end
return {life}
