-- A group: takes of one campaign that travel together; take.lua says how it is sent.

-- What a take may ask for, in a byte: the first pool with stock, or nothing; else a pool's place.
local ANY_POOL, NOTHING = 0, 255
-- In place of a prize in an entry that got none, or of the one drawn where none was.
local NO_PRIZE = 65535
-- Where the stock counts entries that got none.
local NO_PRIZE_FIELD = 'i' .. NO_PRIZE

-- Decoded plan headers by their text: a campaign's header is the same for every batch of a day.
local headers, header_count = {}, 0

local function header_of(text)
  local header = headers[text]
  if header == nil then
    if header_count >= 1000 then headers, header_count = {}, 0 end
    header = cjson.decode(text)
    header.fields = { 'rev' }
    for _, pool in ipairs(header.p) do
      header.fields[#header.fields + 1] = pool[1]
      header.fields[#header.fields + 1] = pool[2]
    end
    -- Only plans that have a use for them pay for reading these.
    if header.o then header.fields[#header.fields + 1] = NO_PRIZE_FIELD end
    if header.d then header.fields[#header.fields + 1] = 'sealed' end
    header.choices = header.n and header.r[header.n][1] or 1
    header.stamp = stamp_bytes(header.n)
    headers[text] = header
    header_count = header_count + 1
  end
  return header
end

-- Where in the who column it goes on behind `count` takes, from one that begins at `at`; nil where the column ends before.
local function skip(who, at, count)
  local byte = string.byte
  for _ = 1, count do
    local high, low = byte(who, at, at + 1)
    if not low then return nil end
    at = at + 2 + 256 * high + low
  end
  return at
end

-- What the groups of one campaign share, by the key of its stock: each must see what those before it were given. There are several while a
-- campaign is changed.
local function campaign_of(campaigns, stock_key)
  local campaign = campaigns[stock_key]
  if not campaign then
    campaign = { stock_key = stock_key, revision = 0, pools = {}, hashes = {} }
    campaigns[stock_key] = campaign
  end
  return campaign
end

local function column_of(campaign, hash, text, count, known)
  campaign.hashes[hash] = campaign.hashes[hash] or {}
  return read_column(hash, text, count, campaign.hashes[hash], known)
end

-- What each take asks for first: all of it, but where entries are numbered.
local function first_choices(choices, width, count)
  if width == 1 then return { string.byte(choices, 1, count) } end
  local wanted = {}
  for i = 1, count do wanted[i] = string.byte(choices, (i - 1) * width + 1) end
  return wanted
end

-- Which takes are of banned users. Nothing tells them apart from others but this, so they are decided about one by one.
local function read_bans(group, key)
  local hashes, at, who = {}, 1, group.who
  for i = 1, group.count do
    hashes[i] = string.sub(who, at + 3, at + 18)
    at = skip(who, at, 1)
  end
  local found = redis.call('HMGET', key, unpack(hashes))
  for i = 1, group.count do
    if found[i] then group.banned[i], group.known[i] = true, true end
  end
end

-- Everything that deciding about one group needs, read and checked before anything is written. `first` is its first take's place in the
-- batch, from 0; `bans` the hash of banned users, where there are any.
local function read_group(keys, args, key_at, arg_at, first, campaigns, bans)
  local header, choices, who = header_of(args[arg_at]), args[arg_at + 1], args[arg_at + 4]
  local count = math.floor(#choices / header.choices)
  assert(count * header.choices == #choices, 'the choices column does not match its batch')
  assert(skip(who, 1, count) == #who + 1, 'the who column does not match its batch')
  local group = {
    header = header,
    first = first,
    count = count,
    choices = choices,
    wanted = first_choices(choices, header.choices, count),
    banned = {},
    who = who,
    known = {},
    campaign = campaign_of(campaigns, keys[key_at]),
    pools = {},
    rules = {},
    runs = {},
    outcomes = {},
  }
  local campaign = group.campaign
  local stock = redis.call('HMGET', campaign.stock_key, unpack(header.fields))
  campaign.revision = tonumber(stock[1] or 0)
  for place, pool in ipairs(header.p) do
    local field, issued = pool[1], tonumber(stock[2 * place + 1] or 0)
    campaign.pools[field] = campaign.pools[field] or { text = stock[2 * place], issued = issued, taken = false }
    group.pools[place] = campaign.pools[field]
  end
  local at = 2 * #header.p + 2
  if header.o then
    campaign.nothing = campaign.nothing or { issued = tonumber(stock[at] or 0), taken = false }
    at = at + 1
  end
  group.sealed = header.d and tonumber(stock[at] or 0) or 0
  if args[arg_at + 2] ~= '' then
    group.requests = column_of(campaign, keys[key_at + 1], args[arg_at + 2], count, group.known)
    group.requests.fields = split(args[arg_at + 3], 8, count)
  end
  for r, rule in ipairs(header.r) do
    local column = column_of(campaign, keys[key_at + 1 + r], args[arg_at + 4 + r], count, group.known)
    column.limit, column.remembers, column.refusal, column.expiry = rule[1], rule[2] == 1, rule[3], rule[4]
    column.once = column.remembers and column.limit == 1
    column.stamp = header.stamp
    group.rules[r] = column
  end
  if bans then read_bans(group, bans) end
  return group
end

local function pack_outcomes(group)
  local packed, form = {}, group.header.n and '>I2I6I2' or '>I2I6'
  for at, outcome in ipairs(group.outcomes) do
    packed[at] = type(outcome) == 'string' and outcome
      or 'I' .. struct.pack(form, outcome.count, outcome.serial, outcome.number)
  end
  return table.concat(packed)
end

local function pack_levels(group)
  local levels = {}
  for place, pool in ipairs(group.pools) do
    if pool.stock then levels[#levels + 1] = place .. ':' .. number_text(stock_of(pool.stock)) end
  end
  return table.concat(levels, ',')
end

-- For the outbox. Most often everyone gets a coupon, in one run: then the who column is there as it came.
local function pack_rows(group)
  local header, runs, rows, packed = group.header, group.runs, 0, {}
  local who_at, behind = 1, 1
  for at, run in ipairs(runs) do
    local who = group.who
    if run.count < group.count then
      local start = skip(who, who_at, run.from - behind)
      who_at, behind = skip(who, start, run.count), run.from + run.count
      who = string.sub(who, start, who_at - 1)
    end
    local prize = run.place and header.p[run.place][3] or NO_PRIZE
    packed[1 + at] =
      struct.pack('>I2I2I2I6I2I2', group.first + run.from - 1, run.count, prize, run.serial, run.number, run.drawn)
    packed[1 + #runs + at] = who
    rows = rows + run.count
  end
  packed[1] = struct.pack('>I4I4I4I2I2', header.c, header.v, header.w, rows, #runs)
  return table.concat(packed)
end

local function write_group(group)
  local header, fields = group.header, { 'rev', number_text(group.campaign.revision) }
  for place, pool in ipairs(group.pools) do
    if pool.taken then
      local size = #fields
      fields[size + 1], fields[size + 2] = header.p[place][1], write_pool(pool.stock)
      fields[size + 3], fields[size + 4] = header.p[place][2], number_text(pool.issued)
    end
  end
  local nothing = group.campaign.nothing
  if nothing and nothing.taken then
    fields[#fields + 1], fields[#fields + 2] = NO_PRIZE_FIELD, number_text(nothing.issued)
  end
  redis.call('HSET', group.campaign.stock_key, unpack(fields))
  if group.requests then write_column(group.requests) end
  for _, rule in ipairs(group.rules) do
    write_column(rule)
    if rule.expiry > 0 then redis.call('PEXPIREAT', rule.hash, number_text(rule.expiry)) end
  end
end
