-- What this process knows by itself. A library's locals are neither persisted nor replicated: a restarted or promoted process has none,
-- so it refuses every call until a server has armed it (arm.lua). They are lost too when the library is replaced.
--   live[fence key] = { epoch = string, n = number of the last outbox entry this process wrote, clock = last time seen, ms }
local live = {}

-- Without an exponent, however large.
local function number_text(number)
  return string.format('%d', number)
end

-- Milliseconds since the epoch; never less than what this partition has seen.
local function now_of(key, stored_clock)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local mine = live[key]
  return math.max(now, stored_clock, mine and mine.clock or 0)
end

-- The fence. A call passes only where the data, this process and the caller agree on the epoch, and the data is at the entry that this
-- process wrote last: a process that was away while another wrote is not the one that may go on.
-- Returns the fence, or nil and the reply that says why not.
local function guard(key, epoch)
  local stored = redis.call('HMGET', key, 'epoch', 'n', 'clock', 'total', 'trimmed', 'bans')
  local mine = live[key]
  if not mine or stored[1] ~= mine.epoch or tonumber(stored[2]) ~= mine.n then return nil, { 'unarmed' } end
  if epoch ~= mine.epoch then return nil, { 'other-epoch', mine.epoch } end
  local now = now_of(key, tonumber(stored[3]))
  mine.clock = now
  return {
    epoch = epoch,
    n = mine.n,
    now = now,
    total = tonumber(stored[4]),
    trimmed = tonumber(stored[5]),
    bans = tonumber(stored[6] or 0),
  }
end

-- Appends one outbox entry and moves the fence with it. XADD comes first of all writes: it is the only one that can fail, and a failed
-- script is not rolled back. The entry's id is epoch-n: ids made from a clock can repeat after a promotion.
local function append(fence_key, outbox_key, fence, fields, size)
  local n = fence.n + 1
  local total = fence.total + size
  redis.call('XADD', outbox_key, fence.epoch .. '-' .. number_text(n), 't', number_text(fence.now), 'c', number_text(total), unpack(fields))
  redis.call('HSET', fence_key, 'n', number_text(n), 'clock', number_text(fence.now), 'total', number_text(total))
  live[fence_key].n = n
  return n
end
