-- allot_take: each take gets all its counters and a serial, or nothing; what was taken is appended to the outbox in the same step.
--
-- KEYS  1 fence  2 outbox  3 lane, then for each group: stock, requests, one hash for each rule
-- ARGV  1 epoch  2 batch number of the lane  3 '1': sent before under an earlier epoch  4 outbox bound, bytes  5 lane record's life, ms,
--       then for each group:
--         header    JSON {c campaign, v revision, w space, s start, e end, x closed '' 'P' 'E', d [from, to] of the day or absent,
--                   r rules [[limit, remembers 0|1, refusal, expiry ms or 0]], p pools [[field, counter field, prize]]}
--         pools     1 byte a take: 0 the first with stock, else the pool's place from 1
--         requests  '' or 24 bytes a take: key 16, other fields 8; a zero key is none
--         who       for each take 2 bytes length, then what the ledger wants to know
--         rules     for each rule 16 bytes a take; a zero key: the rule does not apply
-- Reply { 'ok', now, then for each group: outcomes, levels } | { 'unarmed' } | { 'other-epoch', epoch }
--   outcomes: I and A with serial 6 and time 6 bytes (issued, again); D with the pool's place, 1 byte (dry); else 1 byte:
--             S stale  O other day  B outbox full  R request id reused  ? unknown  or a refusal:
--             n not started  e ended  p paused  s sold out  q day's quota  u user limit  v user's limit of the day  a address limit
--   levels:   'place:stock' of the pools looked into, joined by ','
-- Outbox: a field g for each group that got something:
--   campaign 4, revision 4, space 4, rows 2, runs 2 bytes, then for each run of takes beside each other that got serials in sequence: index
--   in the batch 2, takes 2, prize 2, first serial 6; then of each row, in the order of the runs, its part of who
local ZERO = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

-- The values of one hash for a column of 16-byte keys, each asked for once: key -> value, absent where there is none.
local function read_column(hash, column, width)
  local values, asked, order = {}, {}, {}
  for at = 1, #column, width do
    local key = string.sub(column, at, at + 15)
    if key ~= ZERO and not asked[key] then
      asked[key] = true
      order[#order + 1] = key
    end
  end
  if #order > 0 then
    local found = redis.call('HMGET', hash, unpack(order))
    for i, key in ipairs(order) do values[key] = found[i] or nil end
  end
  return values
end

local function write_column(hash, changed)
  local fields = {}
  for key, value in pairs(changed) do
    fields[#fields + 1] = key
    fields[#fields + 1] = value
  end
  if #fields > 0 then redis.call('HSET', hash, unpack(fields)) end
end

-- Everything that deciding about one group needs, read and checked before anything is written.
local function read_group(keys, args, key_at, arg_at)
  local header = header_of(args[arg_at])
  local group = {
    header = header,
    count = #args[arg_at + 1],
    pools_column = args[arg_at + 1],
    requests_column = args[arg_at + 2],
    who_column = args[arg_at + 3],
    who = {},
    stock_key = keys[key_at],
    requests_key = keys[key_at + 1],
    rules = {},
    requests_changed = {},
    pools = {},
    counters = {},
    rows = {},
    runs = {},
    outcomes = {},
  }
  local at = 1
  for i = 1, group.count do
    local length = struct.unpack('>I2', group.who_column, at)
    group.who[i] = string.sub(group.who_column, at, at + 1 + length)
    at = at + 2 + length
  end
  assert(at == #group.who_column + 1, 'who column does not match')
  assert(group.requests_column == '' or #group.requests_column == 24 * group.count, 'requests column does not match')
  local fields = { 'rev' }
  for _, pool in ipairs(header.p) do
    fields[#fields + 1] = pool[1]
    fields[#fields + 1] = pool[2]
  end
  local stock = redis.call('HMGET', group.stock_key, unpack(fields))
  group.revision = tonumber(stock[1] or 0)
  for place in ipairs(header.p) do
    group.pools[place] = { text = stock[2 * place] }
    group.counters[place] = tonumber(stock[2 * place + 1] or 0)
  end
  if group.requests_column ~= '' then group.requests = read_column(group.requests_key, group.requests_column, 24) end
  for r = 1, #header.r do
    local column = args[arg_at + 3 + r]
    assert(#column == 16 * group.count, 'rule column does not match')
    group.rules[r] = {
      key = keys[key_at + 1 + r],
      column = column,
      values = read_column(keys[key_at + 1 + r], column, 16),
      changed = {},
    }
  end
  return group
end

-- A rule that remembers keeps serial 6, time 6 and, above one, the count in 4 bytes; any other the count in decimal.
local function count_of(value, remembers)
  if not value then return 0 end
  if remembers == 0 then return tonumber(value) end
  return #value == 12 and 1 or struct.unpack('>I4', value, 13)
end

local function pool_at(group, place)
  local pool = group.pools[place]
  if not pool.blocks then
    pool = read_pool(pool.text)
    group.pools[place] = pool
  end
  return pool
end

-- A serial from the pool asked for, or from the first with stock; else nil and the outcome.
local function draw(group, wanted)
  local from, to = wanted, wanted
  if wanted == 0 then from, to = 1, #group.header.p end
  local day = false
  for place = from, to do
    local pool = pool_at(group, place)
    local serial = next_serial(pool)
    if serial then return serial, nil, place end
    if pool.mark == '' then return nil, 'D' .. string.char(place) end
    day = day or pool.mark == 'd'
  end
  return nil, day and 'q' or 's'
end

-- Adds a row for the outbox: to the last run, or as the first of a new one.
local function record(group, i, index, prize, serial)
  local run = group.runs[#group.runs]
  if run and run.prize == prize and run.serial + run.count == serial and run.index + run.count == index then
    run.count = run.count + 1
  else
    group.runs[#group.runs + 1] = { index = index, count = 1, prize = prize, serial = serial }
  end
  group.rows[#group.rows + 1] = group.who[i]
end

-- What the outbox says about one group.
local function pack_rows(group)
  local header = group.header
  local parts = { struct.pack('>I4I4I4I2I2', header.c, header.v, header.w, #group.rows, #group.runs) }
  for _, run in ipairs(group.runs) do
    parts[#parts + 1] = struct.pack('>I2I2I2I6', run.index, run.count, run.prize, run.serial)
  end
  parts[#parts + 1] = #group.rows == group.count and group.who_column or table.concat(group.rows)
  return table.concat(parts)
end

-- The outcome of one take. What it changes is kept in the group's tables, seen by the takes after it and written by the caller.
local function decide(group, i, fence, doubtful, full, index)
  local header = group.header
  local request
  if group.requests then
    request = string.sub(group.requests_column, 24 * i - 23, 24 * i)
    if string.sub(request, 1, 16) == ZERO then request = nil end
  end
  local recorded = request and group.requests[string.sub(request, 1, 16)]
  if recorded then
    if string.sub(recorded, 1, 8) ~= string.sub(request, 17) then return 'R' end
    return 'A' .. string.sub(recorded, 9)
  end
  local keys, single = {}, false
  for r, rule in ipairs(group.rules) do
    local key = string.sub(rule.column, 16 * i - 15, 16 * i)
    if key ~= ZERO then
      keys[r] = key
      local limit, remembers = header.r[r][1], header.r[r][2]
      if remembers == 1 and limit == 1 then
        single = true
        if rule.values[key] then return 'A' .. string.sub(rule.values[key], 1, 12) end
      end
    end
  end
  if doubtful and not request and not single then return '?' end
  if header.x == 'E' or fence.now >= header.e then return 'e' end
  if header.x == 'P' then return 'p' end
  if fence.now < header.s then return 'n' end
  for r, key in pairs(keys) do
    local rule = header.r[r]
    if count_of(group.rules[r].values[key], rule[2]) >= rule[1] then return rule[3] end
  end
  if full then return 'B' end
  local serial, none, place = draw(group, string.byte(group.pools_column, i))
  if not serial then return none end
  local stamp = struct.pack('>I6I6', serial, fence.now)
  for r, key in pairs(keys) do
    local rule = group.rules[r]
    local count = count_of(rule.values[key], header.r[r][2]) + 1
    local value = number_text(count)
    if header.r[r][2] == 1 then value = count == 1 and stamp or stamp .. struct.pack('>I4', count) end
    rule.values[key] = value
    rule.changed[key] = value
  end
  if request then
    local key, value = string.sub(request, 1, 16), string.sub(request, 17) .. stamp
    group.requests[key] = value
    group.requests_changed[key] = value
  end
  group.pools[place].taken = true
  group.counters[place] = group.counters[place] + 1
  record(group, i, index, header.p[place][3], serial)
  return 'I' .. stamp
end

local function levels_of(group)
  local levels = {}
  for place, pool in ipairs(group.pools) do
    if pool.blocks then levels[#levels + 1] = place .. ':' .. number_text(stock_of(pool)) end
  end
  return table.concat(levels, ',')
end

local function write_group(group)
  local header = group.header
  local fields = { 'rev', number_text(math.max(header.v, group.revision)) }
  for place, pool in ipairs(group.pools) do
    if pool.taken then
      fields[#fields + 1] = header.p[place][1]
      fields[#fields + 1] = write_pool(pool)
      fields[#fields + 1] = header.p[place][2]
      fields[#fields + 1] = number_text(group.counters[place])
    end
  end
  redis.call('HSET', group.stock_key, unpack(fields))
  write_column(group.requests_key, group.requests_changed)
  for r, rule in ipairs(group.rules) do
    write_column(rule.key, rule.changed)
    if header.r[r][4] > 0 then redis.call('PEXPIREAT', rule.key, number_text(header.r[r][4])) end
  end
end

local function take(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  local number, doubtful = tonumber(args[2]), args[3] == '1'
  local record = redis.call('GET', keys[3])
  if record then
    local last = struct.unpack('>I6', record)
    if last == number then return cmsgpack.unpack(string.sub(record, 7)) end
    assert(last < number, 'the lane is ahead of its batch')
    doubtful = false
  end
  local full = fence.total - fence.trimmed >= tonumber(args[4])

  local groups, key_at, arg_at = {}, 4, 6
  while arg_at <= #args do
    local group = read_group(keys, args, key_at, arg_at)
    groups[#groups + 1] = group
    key_at = key_at + 2 + #group.header.r
    arg_at = arg_at + 4 + #group.header.r
  end

  local reply, entry, size, index = { 'ok', number_text(fence.now) }, {}, 0, 0
  for _, group in ipairs(groups) do
    local header, whole = group.header, nil
    if group.revision > header.v then
      whole = 'S'
    elseif header.d and (fence.now < header.d[1] or fence.now >= header.d[2]) then
      whole = 'O'
    end
    for i = 1, group.count do
      group.outcomes[i] = whole or decide(group, i, fence, doubtful, full, index)
      index = index + 1
    end
    if #group.rows > 0 then
      local packed = pack_rows(group)
      entry[#entry + 1] = 'g'
      entry[#entry + 1] = packed
      size = size + #packed
    end
    reply[#reply + 1] = table.concat(group.outcomes)
    reply[#reply + 1] = levels_of(group)
  end
  if size > 0 then
    append(keys[1], keys[2], fence, entry, size)
    for _, group in ipairs(groups) do
      if #group.rows > 0 then write_group(group) end
    end
    redis.call('SET', keys[3], struct.pack('>I6', number) .. cmsgpack.pack(reply), 'PX', args[5])
  end
  return reply
end

redis.register_function('allot_take', take)
