-- Users who get nothing of any campaign, by their hashes. The fence knows how many they are, so that a take looks them up only where there are
-- any.
local function count_bans(fence_key, key)
  redis.call('HSET', fence_key, 'bans', number_text(redis.call('HLEN', key)))
end

local function ban_users(fence_key, key, hashes)
  for _, hash in ipairs(hashes) do redis.call('HSET', key, hash, '1') end
  count_bans(fence_key, key)
end

-- allot_ban: bans a user, or lifts the ban.
-- KEYS  1 fence  2 bans
-- ARGV  1 epoch  2 user hash  3 '1' ban, '0' lift
-- Reply { 'ok' } | as the fence says
local function ban(keys, args)
  local fence, refusal = guard(keys[1], args[1])
  if not fence then return refusal end
  if args[3] == '1' then
    ban_users(keys[1], keys[2], { args[2] })
  else
    redis.call('HDEL', keys[2], args[2])
    count_bans(keys[1], keys[2])
  end
  return { 'ok' }
end

redis.register_function('allot_ban', ban)
