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
--       Groups count one after the other, also where they are of one campaign: its revisions, while it changes.
-- Reply { 'ok', now, then for each group: outcomes, levels } | { 'unarmed' } | { 'other-epoch', epoch }
--   outcomes: I with a number of takes 2 and the first's serial 6 bytes (issued now, in sequence); A with serial 6 and time 6 bytes (again);
--             D with the pool's place, 1 byte (dry); else 1 byte:
--             S stale  O other day  B outbox full  R request id reused  ? unknown  or a refusal:
--             n not started  e ended  p paused  s sold out  q day's quota  u user limit  v user's limit of the day  a address limit
--   levels:   'place:stock' of the pools looked into, joined by ','
-- Outbox: a field g for each group that got something:
--   campaign 4, revision 4, space 4, rows 2, runs 2 bytes, then for each run of takes beside each other that got serials in sequence: index
--   in the batch 2, takes 2, prize 2, first serial 6; then of each row, in the order of the runs, its part of who

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

-- Serials in sequence from the pool asked for, or from the first with stock: the first one, how many (at most `count`) and the place; else
-- nil and the outcome.
local function draw(pools, wanted, count)
  local from, to = wanted, wanted
  if wanted == 0 then from, to = 1, #pools end
  local day = false
  for place = from, to do
    local pool = pools[place]
    pool.stock = pool.stock or read_pool(pool.text)
    local serial, size = draw_serials(pool.stock, count)
    if serial then return serial, size, place end
    local mark = pool.stock.mark
    if mark == '' then return nil, 'D' .. string.char(place) end
    day = day or mark == 'd'
  end
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
      if rule.once then return 'A' .. string.sub(value, 1, 12) end
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

-- Counts takes from..to, who get serials in sequence. The takes after them see it; it is written later.
local function give(group, from, to, serial, place, now)
  local campaign, pool = group.campaign, group.pools[place]
  campaign.revision = math.max(campaign.revision, group.header.v)
  pool.issued, pool.taken = pool.issued + to - from + 1, true
  local stamps, pack, requests = {}, struct.pack, group.requests
  for i = from, to do
    stamps[i] = pack('>I6I6', serial + i - from, now)
  end
  for _, rule in ipairs(group.rules) do count_up(rule, from, to, stamps) end
  if requests then
    for i = from, to do
      local key = requests.keys[i]
      if key ~= ZERO then set(requests, key, requests.fields[i] .. stamps[i]) end
    end
  end
  local run = { from = from, count = to - from + 1, place = place, serial = serial }
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
  local closed, from = closed_of(group.header, call.now), 1
  while from <= group.count do
    local to, again, refused, serial, size, place = alike(group, from, call)
    if group.known[from] then again, refused = look_up(group, from) end
    local outcome = again or call.doubtful and not tells(group, from) and '?' or closed or refused or call.full and 'B'
    if not outcome then
      serial, size, place = draw(group.pools, group.wanted[from], to - from + 1)
      if serial then
        to = from + size - 1
        give(group, from, to, serial, place, call.now)
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

  local groups, campaigns, key_at, arg_at, size = {}, {}, 4, 6, 0
  while arg_at <= #args do
    local group = read_group(keys, args, key_at, arg_at, size, campaigns)
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
