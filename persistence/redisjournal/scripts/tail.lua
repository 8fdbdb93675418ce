-- Reads a chunk of an organisation's stream.
--
-- KEYS: identity, stream
-- ARGV: identity, where to begin (as XRANGE takes it), most entries, most bytes of payload
-- Answers entries as XRANGE does. It stops early once it has enough bytes, and
-- reads in small steps so that large entries do not pile up.
local found = redis.call('GET', KEYS[1])
if found ~= ARGV[1] then
  return redis.error_reply('HISTORY ' .. (found or 'none'))
end

local from, entries, bytes = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local chunk, size = {}, 0
while #chunk < entries and size < bytes do
  local step = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', math.min(16, entries - #chunk))
  if #step == 0 then
    break
  end
  for _, entry in ipairs(step) do
    chunk[#chunk + 1] = entry
    size = size + #entry[2][4]
  end
  from = '(' .. step[#step][1]
end
return chunk
