-- One step of a member in the registry, and what the registry then holds.
--
-- KEYS: members (hash: id → JSON), deadlines (sorted set: id → ms since 1970),
--       registry (hash: g = generation, v = version of the members, s = last step in ms)
-- ARGV: what (join, stay, leave), id, JSON of the member, its name, life in ms,
--       a generation for a registry that has none, the version that is known,
--       channel to tell others on
-- Answers generation, version, 1 when the caller is no member, and the members'
-- JSON unless their version is the one that is known.
local members, deadlines, registry = KEYS[1], KEYS[2], KEYS[3]
local what, id, life = ARGV[1], ARGV[2], tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = false

redis.call('HSETNX', registry, 'g', ARGV[6])

-- When nobody came by for a while it was the registry that was away. Nobody is
-- judged by that time.
local last = tonumber(redis.call('HGET', registry, 's') or '0')
if now - last > life / 2 then
  for _, other in ipairs(redis.call('ZRANGE', deadlines, 0, -1)) do
    redis.call('ZADD', deadlines, 'GT', now + life, other)
  end
end
redis.call('HSET', registry, 's', now)

local function remove(other)
  redis.call('HDEL', members, other)
  redis.call('ZREM', deadlines, other)
  changed = true
end

for _, other in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', '(' .. now)) do
  remove(other)
end

local stranger = 0
if what == 'join' then
  -- A process that starts under a name is what the name means from now on.
  local all = redis.call('HGETALL', members)
  for i = 1, #all, 2 do
    if all[i] ~= id and cjson.decode(all[i + 1]).name == ARGV[4] then
      remove(all[i])
    end
  end
  redis.call('HSET', members, id, ARGV[3])
  redis.call('ZADD', deadlines, now + life, id)
  changed = true
elseif redis.call('HEXISTS', members, id) == 0 then
  stranger = 1
elseif what == 'leave' then
  redis.call('HSET', members, id, ARGV[3])
  redis.call('ZADD', deadlines, now + 2 * life, id)
  changed = true
else
  redis.call('ZADD', deadlines, now + life, id)
end

if changed then
  redis.call('HINCRBY', registry, 'v', 1)
  redis.call('PUBLISH', ARGV[8], what)
end
local answer = redis.call('HMGET', registry, 'g', 'v')
answer[2], answer[3] = answer[2] or '0', stranger
if answer[2] ~= ARGV[7] then
  for _, json in ipairs(redis.call('HVALS', members)) do
    answer[#answer + 1] = json
  end
end
return answer
