-- Entries that count no more, by their serials.
local function mark_released(key, serials)
  for _, serial in ipairs(serials) do redis.call('HSET', key, serial, '1') end
end

-- What a key of a rule is left with, one entry less: '' with nothing; nil where it is not about this entry. With limit 1 a key may be
-- another's by now, which its stamp tells.
local function one_less(rule, value, serial)
  local count = count_of(rule, value)
  if count > 1 then
    if not rule.remembers then return number_text(count - 1) end
    local stamp = string.sub(value, 1, rule.stamp)
    return count > 2 and stamp .. struct.pack('>I4', count - 1) or stamp
  end
  if rule.remembers and rule.limit == 1 and struct.unpack('>I6', value) ~= serial then return nil end
  return ''
end

-- allot_release: counts an entry no more, once. What its request got is still remembered.
-- KEYS  1 fence  2 released, then a hash for each rule
-- ARGV  1 epoch  2 serial  3 '1': entries are numbered, then for each rule: limit, remembers '0'|'1', key of 16 bytes or '' (does not apply)
-- Reply { 'ok' } | as the fence says
local function release(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  if redis.call('HEXISTS', keys[2], args[2]) == 1 then return { 'ok' } end
  local serial, stamp, changes = tonumber(args[2]), stamp_bytes(args[3] == '1'), {}
  for r = 1, #keys - 2 do
    local rule = { limit = tonumber(args[3 * r + 1]), remembers = args[3 * r + 2] == '1', stamp = stamp }
    local hash, key = keys[2 + r], args[3 * r + 3]
    local value = key ~= '' and redis.call('HGET', hash, key)
    local rest = value and one_less(rule, value, serial)
    if rest then changes[#changes + 1] = rest == '' and { 'HDEL', hash, key } or { 'HSET', hash, key, rest } end
  end
  for _, change in ipairs(changes) do redis.call(unpack(change)) end
  mark_released(keys[2], { args[2] })
  return { 'ok' }
end

redis.register_function('allot_release', release)
