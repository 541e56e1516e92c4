-- What this process knows by itself. A library's locals are neither persisted nor replicated: a restarted or promoted process has none,
-- so it refuses every call until a server has armed it (arm.lua). They are lost too when the library is replaced.
--   live[fence key] = { epoch = string, n = number of the last outbox entry this process wrote, clock = last time seen, ms }
local live = {}

-- Decoded plan headers by their text: a campaign's header is the same for every batch of a day.
local headers, header_count = {}, 0

local function header_of(text)
  local header = headers[text]
  if header == nil then
    if header_count >= 1000 then headers, header_count = {}, 0 end
    header = cjson.decode(text)
    headers[text] = header
    header_count = header_count + 1
  end
  return header
end

local function number_text(number)
  return string.format('%.0f', number)
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
  local stored = redis.call('HMGET', key, 'epoch', 'n', 'clock', 'total', 'trimmed')
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

-- A pool as text: <last block number>|<mark>{|<block number>:<next serial>:<end>}. The mark is '' while the ledger may still fill the
-- pool, 't' when its total quota is used up, 'd' when the day's is.
local function read_pool(text)
  local pool = { last = 0, mark = '', blocks = {}, at = 1 }
  if text then
    local last, mark, rest = string.match(text, '^(%d+)|(%a?)(.*)$')
    pool.last, pool.mark = tonumber(last), mark
    for number, next_serial, stop in string.gmatch(rest, '|(%d+):(%d+):(%d+)') do
      pool.blocks[#pool.blocks + 1] = { number = tonumber(number), next = tonumber(next_serial), stop = tonumber(stop) }
    end
  end
  return pool
end

local function write_pool(pool)
  local parts = { number_text(pool.last) .. '|' .. pool.mark }
  for at = pool.at, #pool.blocks do
    local block = pool.blocks[at]
    if block.next < block.stop then
      parts[#parts + 1] = number_text(block.number) .. ':' .. number_text(block.next) .. ':' .. number_text(block.stop)
    end
  end
  return table.concat(parts, '|')
end

local function stock_of(pool)
  local stock = 0
  for at = pool.at, #pool.blocks do stock = stock + pool.blocks[at].stop - pool.blocks[at].next end
  return stock
end

-- The next serial, lowest block first; nil when the pool is empty.
local function next_serial(pool)
  local block = pool.blocks[pool.at]
  while block and block.next >= block.stop do
    pool.at = pool.at + 1
    block = pool.blocks[pool.at]
  end
  if not block then return nil end
  local serial = block.next
  block.next = serial + 1
  return serial
end
