-- allot_take: each take gets all its counters and a serial, or nothing; what was taken is appended to the outbox in the same step.
--
-- KEYS  1 fence  2 outbox  3 lane  4 bans, then for each group: stock, requests, one hash for each rule
-- ARGV  1 epoch  2 batch number of the lane  3 '1': sent before under an earlier epoch  4 outbox bound, bytes  5 lane record's life, ms,
--       then for each group:
--         header    JSON {c campaign, v revision, w space, s start, e end, x closed '' 'P' 'E', d [from, to] of the day or absent,
--                   n place of the rule that numbers entries, from 1, or absent, o 1 where an entry may get nothing, or absent,
--                   r rules [[limit, remembers 0|1, refusal, expiry ms or 0]], p pools [[field, counter field, prize]]}
--         choices   what a take asks for, 1 byte: 0 the first pool with stock, 255 nothing, else a pool's place from 1. Where entries are
--                   numbered as many bytes as that rule's limit, for number 1, 2, …
--         requests  '' or 16 bytes a take; a zero key: none
--         fields    '' or 8 bytes a take: what stands for the request's other fields
--         who       for each take 2 bytes length, then what the ledger wants to know
--         rules     for each rule 16 bytes a take; a zero key: the rule does not apply
--       Groups count one after the other, also where they are of one campaign: its revisions, while it changes.
-- Reply { 'ok', now, then for each group: outcomes, levels } | { 'unarmed' } | { 'other-epoch', epoch }
--   outcomes: I with a number of takes 2 and the first's serial 6 bytes (issued now, in sequence; all ones: all without a serial); A with
--             serial 6 and time 6 bytes (again); both with the entries' number, 2 bytes, where they are numbered;
--             D with the pool's place, 1 byte (dry); else 1 byte:
--             S stale  O other day  B outbox full  R request id reused  ? unknown  or a refusal:
--             b banned  n not started  e ended  p paused  r sealed  s sold out  q day's quota  u user limit  v user's limit of the day
--             a address limit
--   levels:   'place:stock' of the pools looked into, joined by ','
-- Outbox: a field g for each group that got something:
--   campaign 4, revision 4, space 4, rows 2, runs 2 bytes, then for each run of takes beside each other that got serials in sequence, or
--   nothing: index in the batch 2, takes 2, prize 2 (65535: nothing), first serial 6 (then all ones), number 2 (0: not numbered), the prize that
--   was drawn 2 (65535: none was); then of each row, in the order of the runs, its part of who

-- Why nothing of a group can be carried out, whoever asks.
local function mismatch_of(header, revision, now)
  if revision > header.v then return 'S' end
  if header.d and (now < header.d[1] or now >= header.d[2]) then return 'O' end
end

-- Why nobody gets anything new of a group.
local function closed_of(header, sealed, now)
  if header.x == 'E' or now >= header.e then return 'e' end
  if header.x == 'P' then return 'p' end
  if now < header.s then return 'n' end
  if header.d and header.d[1] < sealed then return 'r' end
end

-- Serials in sequence from the pool asked for, or from the first with stock: the first one, how many (at most `count`) and the place; NONE and
-- `count` where nothing is given; else nil and the outcome.
local function draw(group, wanted, count)
  local pools, nothing, from, to, day = group.pools, group.campaign.nothing, wanted, wanted, false
  if wanted == NOTHING then
    assert(nothing, 'a take asks for nothing of a plan that gives something')
    return NONE, count
  end
  if wanted == ANY_POOL then from, to = 1, #pools end
  for place = from, to do
    local pool = pools[place]
    pool.stock = pool.stock or read_pool(pool.text)
    local serial, size = draw_serials(pool.stock, count)
    if serial then return serial, size, place end
    local mark = pool.stock.mark
    if mark == '' then return nil, 'D' .. string.char(place) end
    day = day or mark == 'd'
  end
  if nothing then return NONE, count end
  return nil, day and 'q' or 's'
end

-- What a take gets because its keys have something: its coupon again, else nil and a rule's refusal, if one refuses: it is said only where the
-- campaign itself does not refuse.
local function look_up(group, i)
  local requests, refused = group.requests, nil
  local recorded = requests and requests.values[requests.keys[i]]
  if recorded then
    if string.sub(recorded, 1, 8) ~= requests.fields[i] then return 'R' end
    return 'A' .. string.sub(recorded, 9)
  end
  for _, rule in ipairs(group.rules) do
    local value = rule.values[rule.keys[i]]
    if value then
      if rule.once then return 'A' .. string.sub(value, 1, rule.stamp) end
      if count_of(rule, value) >= rule.limit then refused = refused or rule.refusal end
    end
  end
  return nil, refused
end

-- Whether a take's keys would have told if it had happened.
local function tells(group, i)
  if group.requests and group.requests.keys[i] ~= ZERO then return true end
  for _, rule in ipairs(group.rules) do
    if rule.once and rule.keys[i] ~= ZERO then return true end
  end
  return false
end

-- The number that a take's entry gets, 0 where entries are not numbered, and what it asks for.
local function number_of(group, i)
  local header = group.header
  local rule = group.rules[header.n]
  if not rule then return 0, group.wanted[i] end
  local value = rule.values[rule.keys[i]]
  if not value then return 1, group.wanted[i] end
  local number = count_of(rule, value) + 1
  return number, string.byte(group.choices, (i - 1) * header.choices + number)
end

-- Counts takes from..to, who get serials in sequence, or nothing. The takes after them see it; it is written later.
local function give(group, from, to, serial, place, number, drawn, now)
  local campaign, stock = group.campaign, place and group.pools[place] or group.campaign.nothing
  campaign.revision = math.max(campaign.revision, group.header.v)
  stock.issued, stock.taken = stock.issued + to - from + 1, true
  local stamps, pack, requests = {}, struct.pack, group.requests
  if place then
    local form = group.header.n and '>I6I6I2' or '>I6I6'
    for i = from, to do
      stamps[i] = pack(form, serial + i - from, now, number)
    end
  else
    local stamp = pack(group.header.n and '>I6I6I2' or '>I6I6', NONE, now, number)
    for i = from, to do stamps[i] = stamp end
  end
  for _, rule in ipairs(group.rules) do count_up(rule, from, to, stamps) end
  if requests then
    for i = from, to do
      local key = requests.keys[i]
      if key ~= ZERO then set(requests, key, requests.fields[i] .. stamps[i]) end
    end
  end
  local run = { from = from, count = to - from + 1, place = place, serial = serial, number = number, drawn = drawn }
  group.runs[#group.runs + 1] = run
  group.outcomes[#group.outcomes + 1] = run
end

-- The last of the takes beside each other, from one on, that nothing tells apart: none has anything yet, and they want the same.
local function alike(group, from, call)
  local known, wanted, to = group.known, group.wanted, from
  if known[from] or call.doubtful then return from end
  while wanted[to + 1] == wanted[from] and not known[to + 1] do to = to + 1 end
  return to
end

-- Decides about every take of a group, in their order: about takes that nothing tells apart at once, which in a rush is nearly the whole
-- batch, and costs a third of taking them one by one.
local function decide(group, call)
  local outcomes = group.outcomes
  local mismatch = mismatch_of(group.header, group.campaign.revision, call.now)
  if mismatch then
    outcomes[1] = string.rep(mismatch, group.count)
    return
  end
  local closed, from = closed_of(group.header, group.sealed, call.now), 1
  while from <= group.count do
    local to, again, refused, serial, size, place = alike(group, from, call)
    if group.known[from] then again, refused = look_up(group, from) end
    local outcome = again
      or call.doubtful and not tells(group, from) and '?'
      or group.banned[from] and 'b'
      or closed
      or refused
      or call.full and 'B'
    if not outcome then
      local number, wanted = number_of(group, from)
      serial, size, place = draw(group, wanted, to - from + 1)
      if serial then
        to = from + size - 1
        local drawn = number > 0 and group.header.p[wanted]
        give(group, from, to, serial, place, number, drawn and drawn[3] or NO_PRIZE, call.now)
      else
        outcome = size
      end
    end
    if outcome then outcomes[#outcomes + 1] = string.rep(outcome, to - from + 1) end
    from = to + 1
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

  local groups, campaigns, key_at, arg_at, size = {}, {}, 5, 6, 0
  local bans = fence.bans > 0 and keys[4] or nil
  while arg_at <= #args do
    local group = read_group(keys, args, key_at, arg_at, size, campaigns, bans)
    groups[#groups + 1] = group
    size = size + group.count
    key_at = key_at + 2 + #group.rules
    arg_at = arg_at + 5 + #group.rules
  end

  local reply, entry, bytes = { 'ok', number_text(fence.now) }, {}, 0
  for _, group in ipairs(groups) do
    decide(group, call)
    if #group.runs > 0 then
      local rows = pack_rows(group)
      entry[#entry + 1] = 'g'
      entry[#entry + 1] = rows
      bytes = bytes + #rows
    end
    reply[#reply + 1] = pack_outcomes(group)
    reply[#reply + 1] = pack_levels(group)
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
