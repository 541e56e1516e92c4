-- A column: the keys under which one hash counts or remembers the takes of a group, 16 bytes each; a zero key: it does not concern the
-- take. Read at once by one HMGET, changed in memory, written at once by one HSET.
local ZERO = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

-- Values of equal width, one a take, cut at once.
local function split(text, width, count)
  assert(#text == width * count, 'a column does not match its batch')
  return { struct.unpack(string.rep('c' .. width, count), text) }
end

local function read_column(hash, text, count)
  local keys, values = split(text, 16, count), {}
  -- Nothing is ever stored under the zero key, so it may be asked for.
  local found = redis.call('HMGET', hash, unpack(keys, 1, count))
  for i = 1, count do
    if found[i] then values[keys[i]] = found[i] end
  end
  return { hash = hash, keys = keys, values = values, changes = {} }
end

-- Seen by the takes after it. A key that changes again is written again: the last value stays.
local function set(column, key, value)
  local changes = column.changes
  local size = #changes
  column.values[key] = value
  changes[size + 1], changes[size + 2] = key, value
end

local function write_column(column)
  if #column.changes > 0 then redis.call('HSET', column.hash, unpack(column.changes)) end
end

-- What a key of a rule has got. A rule that remembers keeps the last stamp (serial 6, time 6 bytes) and, above one, the count in 4 bytes; any
-- other the count in decimal.
local function count_of(rule, key)
  local value = rule.values[key]
  if not value then return 0 end
  if not rule.remembers then return tonumber(value) end
  return #value == 12 and 1 or struct.unpack('>I4', value, 13)
end

local function count_up(rule, key, stamp)
  local count = count_of(rule, key) + 1
  if not rule.remembers then
    set(rule, key, number_text(count))
  else
    set(rule, key, count == 1 and stamp or stamp .. struct.pack('>I4', count))
  end
end
