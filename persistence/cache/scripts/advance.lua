-- Follows an Apply: drops the entries it made old and tells the other nodes.
-- KEYS  the organisation's head; the entries
-- ARGV  how far the Store was, and is; a new life; life of a head in ms; channel; news
-- gives 1 in step; 0 begun anew, or left alone
local head = redis.call('HGET', KEYS[1], 'through')
local step = 0
if head == ARGV[1] then
    for i = 2, #KEYS do
        redis.call('DEL', KEYS[i])
    end
    redis.call('HSET', KEYS[1], 'through', ARGV[2])
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    step = 1
elseif not head or tonumber(head) < tonumber(ARGV[2]) then
    -- An Apply before this one was not followed here: all that is here is void.
    redis.call('HSET', KEYS[1], 'through', ARGV[2], 'life', ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
redis.call('PUBLISH', ARGV[5], ARGV[6])
return step
