-- A column: the keys under which one hash counts or remembers the takes of a group, 16 bytes each; a zero key: it does not concern the
-- take. Read at once by one HMGET, changed in memory, written at once by one HSET.
local ZERO = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

-- Values of equal width, one a take, cut at once.
local function split(text, width, count)
  assert(#text == width * count, 'a column does not match its batch')
  return { struct.unpack(string.rep('c' .. width, count), text) }
end

-- `values` is what is known of the hash already; `known` is told of the takes whose key has something, or may have when their turn comes: it
-- is an earlier take's too.
local function read_column(hash, text, count, values, known)
  local keys = split(text, 16, count)
  -- Nothing is ever stored under the zero key, so it may be asked for.
  local found = redis.call('HMGET', hash, unpack(keys, 1, count))
  for i = 1, count do
    local key, value = keys[i], found[i]
    if key ~= ZERO then
      if value or values[key] ~= nil then known[i] = true end
      values[key] = value
    end
  end
  return { hash = hash, keys = keys, values = values, changes = {}, size = 0 }
end

-- Seen by the takes after it. A key that changes again is written again: the last value stays.
local function set(column, key, value)
  local changes, size = column.changes, column.size
  column.values[key] = value
  changes[size + 1], changes[size + 2] = key, value
  column.size = size + 2
end

local function write_column(column)
  if column.size > 0 then redis.call('HSET', column.hash, unpack(column.changes)) end
end

-- A stamp is what an entry is remembered by: serial 6 (NONE: nothing from stock), time 6 bytes and, where the plan numbers entries, the number
-- in 2.
local NONE = 281474976710655
local function stamp_bytes(is_numbered) return is_numbered and 14 or 12 end

-- What a key of a rule has got. A rule that remembers keeps the last stamp and, above one, the count in 4 bytes; any other the count in
-- decimal. `stamp` is the width of its stamps.
local function count_of(rule, value)
  if not rule.remembers then return tonumber(value) end
  return #value == rule.stamp and 1 or struct.unpack('>I4', value, rule.stamp + 1)
end

local function one_more(rule, value, stamp)
  if not rule.remembers then return value and number_text(tonumber(value) + 1) or '1' end
  return value and stamp .. struct.pack('>I4', count_of(rule, value) + 1) or stamp
end

-- Counts takes from..to, under the stamps of what they got.
local function count_up(rule, from, to, stamps)
  local keys, values, changes, size, remembers = rule.keys, rule.values, rule.changes, rule.size, rule.remembers
  for i = from, to do
    local key = keys[i]
    if key ~= ZERO then
      local value = stamps[i]
      if values[key] or not remembers then value = one_more(rule, values[key], value) end
      values[key] = value
      changes[size + 1], changes[size + 2] = key, value
      size = size + 2
    end
  end
  rule.size = size
end
