-- Reads who holds organisations.
--
-- KEYS: S identities of shards, a mark, then the fence of each organisation
-- ARGV: identity, S, 1 to write the mark: a master that was replaced and does not
--       know it yet still answers, and only WAIT after a write of its own tells
-- Answers for each organisation its epoch and the epoch that was released last, as text.
local shards = tonumber(ARGV[2])
for shard = 1, shards do
  local found = redis.call('GET', KEYS[shard])
  if found ~= ARGV[1] then
    return redis.error_reply('HISTORY ' .. (found or 'none'))
  end
end

if ARGV[3] == '1' then
  redis.call('SET', KEYS[shards + 1], 1)
end

local holders = {}
for i = shards + 2, #KEYS do
  local held = redis.call('HMGET', KEYS[i], 'e', 'r')
  holders[#holders + 1] = held[1] or '0'
  holders[#holders + 1] = held[2] or '0'
end
return holders
