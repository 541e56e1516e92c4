-- allot_take: each take gets all its counters and a serial, or nothing; what was taken is appended to the outbox in the same step.
--
-- KEYS  1 fence  2 outbox  3 lane, then for each group: stock, requests, one hash for each rule
-- ARGV  1 epoch  2 batch number of the lane  3 '1': sent before under an earlier epoch  4 outbox bound, bytes  5 lane record's life, ms,
--       then for each group:
--         header    JSON {c campaign, v revision, w space, s start, e end, x closed '' 'P' 'E', d [from, to] of the day or absent,
--                   r rules [[limit, remembers 0|1, refusal, expiry ms or 0]], p pools [[field, counter field, prize]]}
--         pools     1 byte a take: 0 the first with stock, else the pool's place from 1
--         requests  '' or 16 bytes a take; a zero key: none
--         fields    '' or 8 bytes a take: what stands for the request's other fields
--         who       for each take 2 bytes length, then what the ledger wants to know
--         rules     for each rule 16 bytes a take; a zero key: the rule does not apply
-- Reply { 'ok', now, then for each group: outcomes, levels } | { 'unarmed' } | { 'other-epoch', epoch }
--   outcomes: I with a number of takes 2 and the first's serial 6 bytes (issued now, in sequence); A with serial 6 and time 6 bytes (again);
--             D with the pool's place, 1 byte (dry); else 1 byte:
--             S stale  O other day  B outbox full  R request id reused  ? unknown  or a refusal:
--             n not started  e ended  p paused  s sold out  q day's quota  u user limit  v user's limit of the day  a address limit
--   levels:   'place:stock' of the pools looked into, joined by ','
-- Outbox: a field g for each group that got something:
--   campaign 4, revision 4, space 4, rows 2, runs 2 bytes, then for each run of takes beside each other that got serials in sequence: index
--   in the batch 2, takes 2, prize 2, first serial 6; then of each row, in the order of the runs, its part of who

-- Where each take's part of the who column begins, and behind the last where it ends.
local function parts_of(who, count)
  local starts, at = {}, 1
  for i = 1, count do
    starts[i] = at
    at = at + 2 + struct.unpack('>I2', who, at)
  end
  starts[count + 1] = at
  assert(at == #who + 1, 'the who column does not match its batch')
  return starts
end

local function read_pools(header, stock_key)
  local fields = { 'rev' }
  for _, pool in ipairs(header.p) do
    fields[#fields + 1] = pool[1]
    fields[#fields + 1] = pool[2]
  end
  local stock = redis.call('HMGET', stock_key, unpack(fields))
  local pools = {}
  for place, pool in ipairs(header.p) do
    pools[place] =
      { text = stock[2 * place], issued = tonumber(stock[2 * place + 1] or 0), field = pool[1], counter = pool[2], prize = pool[3] }
  end
  return pools, tonumber(stock[1] or 0)
end

-- Everything that deciding about one group needs, read and checked before anything is written. `first` is its first take's index.
local function read_group(keys, args, key_at, arg_at, first)
  local header, wanted, who = header_of(args[arg_at]), args[arg_at + 1], args[arg_at + 4]
  local count = #wanted
  local group = { header = header, first = first, count = count, wanted = wanted, who = who, parts = parts_of(who, count) }
  group.stock_key = keys[key_at]
  group.pools, group.revision = read_pools(header, group.stock_key)
  if args[arg_at + 2] ~= '' then
    group.requests = read_column(keys[key_at + 1], args[arg_at + 2], count)
    group.requests.fields = split(args[arg_at + 3], 8, count)
  end
  group.rules = {}
  for r, rule in ipairs(header.r) do
    local column = read_column(keys[key_at + 1 + r], args[arg_at + 4 + r], count)
    column.limit, column.remembers, column.refusal, column.expiry = rule[1], rule[2] == 1, rule[3], rule[4]
    column.once = column.remembers and column.limit == 1
    group.rules[r] = column
  end
  group.runs, group.outcomes = {}, {}
  return group
end

-- Why nothing of a group can be carried out, whoever asks.
local function mismatch_of(header, revision, now)
  if revision > header.v then return 'S' end
  if header.d and (now < header.d[1] or now >= header.d[2]) then return 'O' end
end

-- Why nobody gets anything new of a group.
local function closed_of(header, now)
  if header.x == 'E' or now >= header.e then return 'e' end
  if header.x == 'P' then return 'p' end
  if now < header.s then return 'n' end
end

-- A serial from the pool asked for, or from the first with stock, and its place; else nil and the outcome.
local function draw(pools, wanted)
  local from, to = wanted, wanted
  if wanted == 0 then from, to = 1, #pools end
  local day = false
  for place = from, to do
    local pool = pools[place]
    pool.stock = pool.stock or read_pool(pool.text)
    local serial = next_serial(pool.stock)
    if serial then return serial, place end
    local mark = pool.stock.mark
    if mark == '' then return nil, 'D' .. string.char(place) end
    day = day or mark == 'd'
  end
  return nil, day and 'q' or 's'
end

-- The outcome of one take, or nil for a serial, which is recorded in the group's runs. What it changes is kept in the group's tables, seen by
-- the takes after it and written later.
local function decide(group, i, call)
  local rules, requests = group.rules, group.requests
  local request = requests and requests.keys[i]
  if request == ZERO then request = nil end
  local recorded = request and requests.values[request]
  if recorded then
    if string.sub(recorded, 1, 8) ~= requests.fields[i] then return 'R' end
    return 'A' .. string.sub(recorded, 9)
  end
  local once = false
  for r = 1, #rules do
    local rule = rules[r]
    local key = rule.keys[i]
    if rule.once and key ~= ZERO then
      if rule.values[key] then return 'A' .. string.sub(rule.values[key], 1, 12) end
      once = true
    end
  end
  if call.doubtful and not request and not once then return '?' end
  if group.closed then return group.closed end
  for r = 1, #rules do
    local rule = rules[r]
    if count_of(rule, rule.keys[i]) >= rule.limit then return rule.refusal end
  end
  if call.full then return 'B' end
  local serial, place = draw(group.pools, string.byte(group.wanted, i))
  if not serial then return place end
  local stamp = struct.pack('>I6I6', serial, call.now)
  for r = 1, #rules do
    local key = rules[r].keys[i]
    if key ~= ZERO then count_up(rules[r], key, stamp) end
  end
  if request then set(requests, request, requests.fields[i] .. stamp) end
  local run = group.runs[#group.runs]
  if run and run.place == place and run.serial + run.count == serial and run.from + run.count == i then
    run.count = run.count + 1
  else
    run = { from = i, count = 1, place = place, serial = serial }
    group.runs[#group.runs + 1] = run
    group.outcomes[#group.outcomes + 1] = run
  end
end

-- Decides about every take of a group, in their order.
local function decide_group(group, call)
  local outcomes = group.outcomes
  local mismatch = mismatch_of(group.header, group.revision, call.now)
  if mismatch then
    outcomes[1] = string.rep(mismatch, group.count)
    return
  end
  group.closed = closed_of(group.header, call.now)
  for i = 1, group.count do
    local outcome = decide(group, i, call)
    if outcome then outcomes[#outcomes + 1] = outcome end
  end
end

local function pack_outcomes(group)
  local packed = {}
  for at, outcome in ipairs(group.outcomes) do
    packed[at] = type(outcome) == 'string' and outcome or 'I' .. struct.pack('>I2I6', outcome.count, outcome.serial)
  end
  return table.concat(packed)
end

local function pack_rows(group)
  local header, runs, rows, packed = group.header, group.runs, 0, {}
  for at, run in ipairs(runs) do
    rows = rows + run.count
    packed[1 + at] = struct.pack('>I2I2I2I6', group.first + run.from - 1, run.count, group.pools[run.place].prize, run.serial)
    packed[1 + #runs + at] = run.count == group.count and group.who
      or string.sub(group.who, group.parts[run.from], group.parts[run.from + run.count] - 1)
  end
  packed[1] = struct.pack('>I4I4I4I2I2', header.c, header.v, header.w, rows, #runs)
  return table.concat(packed)
end

local function levels_of(group)
  local levels = {}
  for place, pool in ipairs(group.pools) do
    if pool.stock then levels[#levels + 1] = place .. ':' .. number_text(stock_of(pool.stock)) end
  end
  return table.concat(levels, ',')
end

local function write_group(group)
  for _, run in ipairs(group.runs) do
    local pool = group.pools[run.place]
    pool.taken = (pool.taken or 0) + run.count
  end
  local fields = { 'rev', number_text(math.max(group.header.v, group.revision)) }
  for _, pool in ipairs(group.pools) do
    if pool.taken then
      fields[#fields + 1] = pool.field
      fields[#fields + 1] = write_pool(pool.stock)
      fields[#fields + 1] = pool.counter
      fields[#fields + 1] = number_text(pool.issued + pool.taken)
    end
  end
  redis.call('HSET', group.stock_key, unpack(fields))
  if group.requests then write_column(group.requests) end
  for _, rule in ipairs(group.rules) do
    write_column(rule)
    if rule.expiry > 0 then redis.call('PEXPIREAT', rule.hash, number_text(rule.expiry)) end
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
  local call = { now = fence.now, doubtful = doubtful, full = fence.total - fence.trimmed >= tonumber(args[4]) }

  local groups, key_at, arg_at, size = {}, 4, 6, 0
  while arg_at <= #args do
    local group = read_group(keys, args, key_at, arg_at, size)
    groups[#groups + 1] = group
    size = size + group.count
    key_at = key_at + 2 + #group.rules
    arg_at = arg_at + 5 + #group.rules
  end

  local reply, entry, bytes = { 'ok', number_text(fence.now) }, {}, 0
  for _, group in ipairs(groups) do
    decide_group(group, call)
    if #group.runs > 0 then
      local rows = pack_rows(group)
      entry[#entry + 1] = 'g'
      entry[#entry + 1] = rows
      bytes = bytes + #rows
    end
    reply[#reply + 1] = pack_outcomes(group)
    reply[#reply + 1] = levels_of(group)
  end
  if bytes > 0 then
    append(keys[1], keys[2], fence, entry, bytes)
    for _, group in ipairs(groups) do
      if #group.runs > 0 then write_group(group) end
    end
    redis.call('SET', keys[3], struct.pack('>I6', number) .. cmsgpack.pack(reply), 'PX', args[5])
  end
  return reply
end

redis.register_function('allot_take', take)
