-- Appends a group of entries of many organisations, each judged on its own.
--
-- KEYS: for each of S shards its identity and its dirty set, then for each entry
--       the fence and the stream of its organisation.
-- ARGV: identity, S, then for each entry the place of its shard in KEYS (1..S),
--       organisation, epoch, the sequence before its first, its last sequence,
--       how many records it holds, payload.
-- Answers for each entry 1 appended, 2 duplicate, 3 fenced, 4 gap, or the text of
-- an error. An entry with an error was not written; the others were.
--
-- Numbers are compared as text: beyond 2^53 Lua's are not exact.
local APPENDED, DUPLICATE, FENCED, GAP = 1, 2, 3, 4

local identity, shards = ARGV[1], tonumber(ARGV[2])
for shard = 1, shards do
  local found = redis.call('GET', KEYS[2 * shard - 1])
  if found ~= identity then
    return redis.error_reply('HISTORY ' .. (found or 'none'))
  end
end

local function append(dirty, fence, stream, organisation, epoch, before, last, records, payload)
  local held = redis.call('HMGET', fence, 'e', 'v')
  if held[1] ~= epoch then
    return FENCED
  end
  local id = last .. '-' .. epoch
  if held[2] ~= before then
    local stored = redis.call('XRANGE', stream, id, id)[1]
    if not stored or stored[2][2] ~= records or stored[2][4] ~= payload then
      return GAP
    end
    -- A repeat writes too: WAIT covers no more than what its own connection wrote.
    redis.call('HSET', fence, 'v', held[2])
    return DUPLICATE
  end
  -- The fence last: where anything before it is refused, the log has not moved.
  redis.call('ZADD', dirty, 0, organisation)
  redis.call('XADD', stream, id, 'n', records, 'd', payload)
  redis.call('HSET', fence, 'v', last)
  return APPENDED
end

local outcomes = {}
local key, arg = 2 * shards + 1, 3
while key < #KEYS do
  local dirty = KEYS[2 * tonumber(ARGV[arg])]
  local fine, outcome = pcall(append, dirty, KEYS[key], KEYS[key + 1],
    ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3], ARGV[arg + 4], ARGV[arg + 5], ARGV[arg + 6])
  outcomes[#outcomes + 1] = fine and outcome or outcome.err or tostring(outcome)
  key, arg = key + 2, arg + 7
end
return outcomes
