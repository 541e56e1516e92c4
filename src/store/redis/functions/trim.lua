-- allot_trim: removes outbox entries that the ledger has, up to its high-water mark, never by length.
-- KEYS  1 fence  2 outbox
-- ARGV  1 epoch and 2 n of the last recorded entry  3 its running total of bytes
-- Reply { 'ok', entries removed }
local function trim(keys, args)
  local removed = redis.call('XTRIM', keys[2], 'MINID', args[1] .. '-' .. number_text(tonumber(args[2]) + 1))
  local stored = redis.call('HMGET', keys[1], 'epoch', 'trimmed')
  if stored[1] == args[1] and tonumber(args[3]) > tonumber(stored[2]) then
    redis.call('HSET', keys[1], 'trimmed', args[3])
  end
  return { 'ok', number_text(removed) }
end

-- It must work on a Redis that is full: it makes the room.
redis.register_function({ function_name = 'allot_trim', callback = trim, flags = { 'allow-oom' } })
