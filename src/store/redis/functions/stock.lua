-- What the ledger lends and takes back.

-- allot_grant: puts blocks into a pool, each once, in the order of their numbers.
-- KEYS  1 fence  2 stock
-- ARGV  1 epoch  2 pool's field, then for each block: number, first serial, size, mark ('' or, with size 0, 't' | 'd')
-- Reply { 'ok', last block number } | { 'gap', last block number }: blocks between are missing | as the fence says
local function grant(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  local pool = read_pool(redis.call('HGET', keys[2], args[2]))
  for at = 3, #args, 4 do
    local number, first, size = tonumber(args[at]), tonumber(args[at + 1]), tonumber(args[at + 2])
    if number > pool.last + 1 then return { 'gap', number_text(pool.last) } end
    if number == pool.last + 1 then
      pool.last = number
      pool.mark = args[at + 3]
      if size > 0 then pool.blocks[#pool.blocks + 1] = { number = number, next = first, stop = first + size } end
    end
  end
  redis.call('HSET', keys[2], args[2], write_pool(pool))
  return { 'ok', number_text(pool.last) }
end

-- allot_recall: hands unspent serials back to the ledger, through the outbox; only the ledger lends them again.
-- KEYS  1 fence  2 outbox  3 stock
-- ARGV  1 epoch  2 campaign  3 'all' | 'half', then for each pool: field, prize, day ('' where the quota is not daily)
-- Reply { 'ok', n of the outbox entry or 0, how many } | as the fence says
local function recall(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  local fields, entry, size, count = {}, {}, 0, 0
  for at = 4, #args, 3 do
    local field, prize, day = args[at], tonumber(args[at + 1]), args[at + 2]
    local text = redis.call('HGET', keys[3], field)
    local pool = read_pool(text)
    local stock = stock_of(pool)
    local left = args[3] == 'all' and stock or math.ceil(stock / 2)
    for b = #pool.blocks, 1, -1 do
      local block = pool.blocks[b]
      local part = math.min(left, block.stop - block.next)
      if part > 0 then
        block.stop = block.stop - part
        left = left - part
        count = count + part
        local packed = struct.pack('>I4I2I6I6I6I2', tonumber(args[2]), prize, block.number, block.stop, part, #day) .. day
        entry[#entry + 1] = 'r'
        entry[#entry + 1] = packed
        size = size + #packed
      end
    end
    if stock > 0 then
      fields[#fields + 1] = field
      fields[#fields + 1] = write_pool(pool)
    end
  end
  if size == 0 then return { 'ok', '0', '0' } end
  local n = append(keys[1], keys[2], fence, entry, size)
  redis.call('HSET', keys[3], unpack(fields))
  return { 'ok', number_text(n), number_text(count) }
end

-- allot_adopt: takes under an older revision are stale from now on.
-- KEYS  1 fence  2 stock
-- ARGV  1 epoch  2 revision
-- Reply { 'ok' } | as the fence says
local function adopt(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  local revision = tonumber(redis.call('HGET', keys[2], 'rev') or 0)
  if tonumber(args[2]) > revision then redis.call('HSET', keys[2], 'rev', args[2]) end
  return { 'ok' }
end

-- allot_seal: takes for days that begin before an instant are refused from now on. What was taken before is in the outbox.
-- KEYS  1 fence  2 stock
-- ARGV  1 epoch  2 the instant, ms; a lower one changes nothing
-- Reply { 'ok' } | as the fence says
local function seal(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  local sealed = tonumber(redis.call('HGET', keys[2], 'sealed') or 0)
  if tonumber(args[2]) > sealed then redis.call('HSET', keys[2], 'sealed', args[2]) end
  return { 'ok' }
end

redis.register_function('allot_grant', grant)
redis.register_function('allot_recall', recall)
redis.register_function('allot_adopt', adopt)
redis.register_function('allot_seal', seal)
