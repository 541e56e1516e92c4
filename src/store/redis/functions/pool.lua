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

-- The next serials, lowest block first, at most `count` of one block: the first one and how many; nil when the pool is empty.
local function draw_serials(pool, count)
  local block = pool.blocks[pool.at]
  while block and block.next >= block.stop do
    pool.at = pool.at + 1
    block = pool.blocks[pool.at]
  end
  if not block then return nil end
  local serial, size = block.next, math.min(count, block.stop - block.next)
  block.next = serial + size
  return serial, size
end
