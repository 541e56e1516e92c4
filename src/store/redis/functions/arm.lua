-- The life of a partition in one process: armed by a server, never by itself.

-- What this process knows of an arming under way: restoring[fence key] = { epoch = string, step = calls since it began }. The data knows the
-- same. An arming that began in another process, of which a replica was promoted meanwhile, has restored what may be missing here.
local restoring = {}

-- allot_fence: what the data and this process know.
-- KEYS  1 fence  2 outbox
-- Reply { epoch, n, arming epoch, this process's epoch or '', its n, now, outbox bytes, outbox entries, time of the first one or '' };
--       without data the epoch is ''
local function state(keys)
  local stored = redis.call('HMGET', keys[1], 'epoch', 'n', 'arming', 'clock', 'total', 'trimmed')
  local mine = live[keys[1]]
  local first = redis.call('XRANGE', keys[2], '-', '+', 'COUNT', '1')[1]
  return {
    stored[1] or '',
    stored[2] or '0',
    stored[3] or '0',
    mine and mine.epoch or '',
    number_text(mine and mine.n or 0),
    number_text(now_of(keys[1], tonumber(stored[4] or 0))),
    number_text(tonumber(stored[5] or 0) - tonumber(stored[6] or 0)),
    number_text(redis.call('XLEN', keys[2])),
    first and first[2][2] or '',
  }
end

-- allot_begin: from here on nothing is issued, and only the highest epoch that began may restore and arm.
-- KEYS  1 fence
-- ARGV  1 the next epoch
-- Reply { 'ok' } | { 'behind', the higher epoch }
local function begin(keys, args)
  local stored = redis.call('HMGET', keys[1], 'epoch', 'arming')
  local highest = math.max(tonumber(stored[1] or 0), tonumber(stored[2] or 0))
  if tonumber(args[1]) <= highest then return { 'behind', number_text(highest) } end
  redis.call('HSET', keys[1], 'arming', args[1], 'step', '0')
  live[keys[1]], restoring[keys[1]] = nil, { epoch = args[1], step = 0 }
  return { 'ok' }
end

-- One step on, if all before it were taken in this process.
local function arming(key, epoch)
  local stored, mine = redis.call('HMGET', key, 'arming', 'step'), restoring[key]
  if not mine or mine.epoch ~= epoch or stored[1] ~= epoch or tonumber(stored[2]) ~= mine.step then return false end
  mine.step = mine.step + 1
  redis.call('HSET', key, 'step', number_text(mine.step))
  return true
end

-- allot_clear: removes keys of campaigns, before they are restored.
-- KEYS  1 fence  2… keys
-- ARGV  1 the epoch that began
-- Reply { 'ok' } | { 'overtaken' }
local function clear(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  redis.call('UNLINK', unpack(keys, 2))
  return { 'ok' }
end

-- allot_reset: empties a campaign's pools. What is sealed stays so.
-- KEYS  1 fence  2 stock
-- ARGV  1 the epoch that began  2 sealed until, ms, by the ledger ('0': nothing), then fields and values of the stock: revision and how many of
--       each prize are in the ledger
-- Reply { 'ok' } | { 'overtaken' }
local function reset(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  local sealed = math.max(tonumber(redis.call('HGET', keys[2], 'sealed') or 0), tonumber(args[2]))
  redis.call('UNLINK', keys[2])
  redis.call('HSET', keys[2], unpack(args, 3))
  if sealed > 0 then redis.call('HSET', keys[2], 'sealed', number_text(sealed)) end
  return { 'ok' }
end

-- allot_restore: counts rows of the ledger again, after a reset.
-- KEYS  1 fence  2 requests  3… a hash for each rule
-- ARGV  1 the epoch that began  2 '1': entries are numbered  3 stamps: serial 6, time 6 and, where numbered, number 2 bytes a row
--       4 requests: '' or 16 bytes a row (zero: none)  5 their other fields: '' or 8 bytes a row, then for each rule: remembers '0'|'1',
--       expiry ms or '0', 16 bytes a row (zero: does not apply)
-- Reply { 'ok' } | { 'overtaken' }
local function restore(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  local stamp = stamp_bytes(args[2] == '1')
  local count = #args[3] / stamp
  local stamps, columns = split(args[3], stamp, count), {}
  if args[4] ~= '' then
    local requests, fields = read_column(keys[2], args[4], count, {}, {}), split(args[5], 8, count)
    for i = 1, count do
      local key = requests.keys[i]
      if key ~= ZERO then set(requests, key, fields[i] .. stamps[i]) end
    end
    columns[1] = requests
  end
  for r = 1, #keys - 2 do
    local rule = read_column(keys[2 + r], args[3 * r + 5], count, {}, {})
    rule.remembers, rule.expiry, rule.stamp = args[3 * r + 3] == '1', args[3 * r + 4], stamp
    count_up(rule, 1, count, stamps)
    columns[#columns + 1] = rule
  end
  for _, column in ipairs(columns) do
    write_column(column)
    if column.expiry and column.expiry ~= '0' then redis.call('PEXPIREAT', column.hash, column.expiry) end
  end
  return { 'ok' }
end

-- allot_released: entries that count no more, so that they are not released once more; they were not counted again.
-- KEYS  1 fence  2 released
-- ARGV  1 the epoch that began, then serials
-- Reply { 'ok' } | { 'overtaken' }
local function released(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  mark_released(keys[2], { unpack(args, 2) })
  return { 'ok' }
end

-- allot_bans: the users who are banned, after others or instead of all there are.
-- KEYS  1 fence  2 bans
-- ARGV  1 the epoch that began  2 '1': instead of all, then user hashes
-- Reply { 'ok' } | { 'overtaken' }
local function bans(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  if args[2] == '1' then redis.call('UNLINK', keys[2]) end
  ban_users(keys[1], keys[2], { unpack(args, 3) })
  return { 'ok' }
end

-- allot_arm: the epoch that began is in force, in this process.
-- KEYS  1 fence  2 outbox
-- ARGV  1 the epoch that began  2 the latest time the ledger knows, ms
-- Reply { 'ok' } | { 'overtaken' } | { 'undrained' }
local function arm(keys, args)
  if not arming(keys[1], args[1]) then return { 'overtaken' } end
  if redis.call('XLEN', keys[2]) > 0 then return { 'undrained' } end
  local stored_clock = tonumber(redis.call('HGET', keys[1], 'clock') or 0)
  local now = now_of(keys[1], math.max(stored_clock, tonumber(args[2])))
  redis.call('HSET', keys[1], 'epoch', args[1], 'n', '0', 'clock', number_text(now), 'total', '0', 'trimmed', '0')
  redis.call('HDEL', keys[1], 'arming', 'step')
  restoring[keys[1]] = nil
  live[keys[1]] = { epoch = args[1], n = 0, clock = now }
  return { 'ok' }
end

redis.register_function({ function_name = 'allot_fence', callback = state, flags = { 'no-writes' } })
-- A Redis that is full refuses takes, but can be armed: they write little, and what is drained after it makes room.
redis.register_function({ function_name = 'allot_begin', callback = begin, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_clear', callback = clear, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_reset', callback = reset, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_restore', callback = restore, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_released', callback = released, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_bans', callback = bans, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'allot_arm', callback = arm, flags = { 'allow-oom' } })
