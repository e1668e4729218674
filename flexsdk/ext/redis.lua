-- Books places in all limits of a route, on the server's clock, in one round trip.
--
-- KEYS[1]  prefix of the scope; every key begins with it, and its {hash tag} keeps them on one node
-- ARGV[1]  the order as JSON, see flexsdk.protocol.fleet.Order, with member, lease, linger and fresh added
--
-- For each pool:  busy   sorted set  booking -> end of its lease   requests in flight
--                 later  sorted set  booking -> its moment         booked for a place that is not free yet
--                 cool:  sorted set  booking -> release            answered requests, one set for each limit
--                 rules  hash        label -> limit as JSON
--                 told   hash        label -> what the platform told, as JSON

local order = cjson.decode(ARGV[1])
local root = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local GUARD = 1 -- second after an aligned window's end, for clocks that disagree
local POLL = 0.1 -- seconds between two questions for a place that only an answer can free
local LONGEST_WINDOW = 60 -- seconds; for a longer one the question is asked as often as for this
local FORGOTTEN = 300 -- seconds after which a limit that no process has named is not kept any more
local MEMBER = 30 -- seconds without an order after which a process is not counted any more

local function text(number) return string.format('%.6f', number) end

local function release_of(rule, from)
  if rule.aligned then
    return (math.floor(from / rule.seconds) + 1) * rule.seconds + GUARD
  end
  return from + rule.seconds
end

local generation = redis.call('GET', root .. ':generation')
if not generation then
  generation = order.fresh
  redis.call('SET', root .. ':generation', generation)
end

redis.call('ZADD', root .. ':members', text(now), order.member)
redis.call('ZREMRANGEBYSCORE', root .. ':members', '-inf', text(now - MEMBER))
local members = redis.call('ZCARD', root .. ':members')
redis.call('PEXPIRE', root .. ':members', order.linger)
redis.call('PEXPIRE', root .. ':generation', order.linger)

if generation ~= order.generation then
  return {generation, members, '', ''}
end

local function pool_of(wish)
  local pool = {base = root .. ':' .. wish.key, rules = {}, told = {}}
  for _, rule in ipairs(wish.rules) do
    rule.seen = now
    redis.call('HSET', pool.base .. ':rules', rule.label, cjson.encode(rule))
  end
  local rules = redis.call('HGETALL', pool.base .. ':rules')
  for at = 2, #rules, 2 do
    local rule = cjson.decode(rules[at])
    if now - rule.seen < FORGOTTEN then pool.rules[#pool.rules + 1] = rule end
  end
  return pool
end

local function cool(pool, booking, from)
  for _, rule in ipairs(pool.rules) do
    local release = release_of(rule, from)
    if release > now and rule.seconds > 0 then
      redis.call('ZADD', pool.base .. ':cool:' .. rule.label, text(release), booking)
    end
  end
end

local function move_on(pool)
  -- What was booked for a moment that has come is in flight, and a lease that ended is an answer.
  for _, booking in ipairs(redis.call('ZRANGEBYSCORE', pool.base .. ':later', '-inf', text(now))) do
    local moment = redis.call('ZSCORE', pool.base .. ':later', booking)
    redis.call('ZREM', pool.base .. ':later', booking)
    redis.call('ZADD', pool.base .. ':busy', text(tonumber(moment) + order.lease), booking)
  end
  local lost = redis.call('ZRANGEBYSCORE', pool.base .. ':busy', '-inf', text(now), 'WITHSCORES')
  for at = 1, #lost, 2 do
    redis.call('ZREM', pool.base .. ':busy', lost[at])
    cool(pool, lost[at], tonumber(lost[at + 1]))
  end
  for _, rule in ipairs(pool.rules) do
    redis.call('ZREMRANGEBYSCORE', pool.base .. ':cool:' .. rule.label, '-inf', text(now))
  end
end

local function settle(pool, wish)
  for _, answered in ipairs(order.answered) do
    local booking, ago = answered[1], answered[2]
    if redis.call('ZREM', pool.base .. ':busy', booking) == 1 then cool(pool, booking, now - ago) end
  end
  for _, booking in ipairs(order.unused) do
    redis.call('ZREM', pool.base .. ':busy', booking)
    redis.call('ZREM', pool.base .. ':later', booking)
  end
  for _ = 1, wish.carry do
    cool(pool, order.member .. ':carried:' .. redis.call('INCR', root .. ':serial'), now)
  end
end

local function listen(pool, wish)
  -- The more careful reading inside one window; a newer window replaces the older.
  for _, told in ipairs(wish.told) do
    local label, left, ends = told[1], told[2], now + told[3]
    local known = redis.call('HGET', pool.base .. ':told', label)
    known = known and cjson.decode(known)
    if known and known.ends > now and ends - 1 <= known.ends then
      left = math.min(left, known.left)
      ends = math.max(ends, known.ends)
    end
    redis.call('HSET', pool.base .. ':told', label, cjson.encode({label = label, left = left, ends = ends}))
  end
  local all = redis.call('HGETALL', pool.base .. ':told')
  for at = 2, #all, 2 do
    local told = cjson.decode(all[at])
    if told.ends > now then pool.told[#pool.told + 1] = told end
  end
end

local pools = {}
local most = order.want
for at, wish in ipairs(order.pools) do
  local pool = pool_of(wish)
  move_on(pool)
  settle(pool, wish)
  listen(pool, wish)
  pool.taken = redis.call('ZCARD', pool.base .. ':busy') + redis.call('ZCARD', pool.base .. ':later')
  for _, rule in ipairs(pool.rules) do
    rule.key = pool.base .. ':cool:' .. rule.label
    rule.cooling = redis.call('ZCARD', rule.key)
    most = math.min(most, math.ceil(rule.requests / members)) -- so that one process does not book all
  end
  pools[at] = pool
end

-- The moment at which one more request fits a limit; and when to ask again if that cannot be known yet.
local function moment_of(pool, rule)
  local place = pool.taken + rule.cooling + 1 - rule.requests
  if place <= 0 then return now end
  if place <= rule.cooling then
    return tonumber(redis.call('ZRANGE', rule.key, place - 1, place - 1, 'WITHSCORES')[2])
  end
  -- All places are in flight or booked. What is answered meanwhile is booked ahead well before it is free.
  return nil, math.max(math.min(rule.seconds, LONGEST_WINDOW) / 4, POLL)
end

local function next_moment()
  local moment, again, obstacle = now, nil, ''
  for _, pool in ipairs(pools) do
    for _, rule in ipairs(pool.rules) do
      local one, soonest = moment_of(pool, rule)
      if not one then
        if not again or soonest > again then again, obstacle = soonest, rule.label end
      elseif one > moment then
        moment, obstacle = one, again and obstacle or rule.label
      end
    end
    for _, told in ipairs(pool.told) do
      if told.left - pool.taken < 1 and (not again or told.ends - now > again) then
        again, obstacle = told.ends - now, told.label
      end
    end
  end
  return moment, again, obstacle
end

local delivered = {}
local again, obstacle = nil, ''
for _ = 1, most do
  local moment
  moment, again, obstacle = next_moment()
  if again then break end
  local booking = order.member .. ':' .. redis.call('INCR', root .. ':serial')
  for _, pool in ipairs(pools) do
    if moment > now then
      redis.call('ZADD', pool.base .. ':later', text(moment), booking)
    else
      redis.call('ZADD', pool.base .. ':busy', text(now + order.lease), booking)
    end
    pool.taken = pool.taken + 1
  end
  delivered[#delivered + 1] = booking
  delivered[#delivered + 1] = text(moment - now)
end
if #delivered / 2 < order.want and not again then
  local _, later = next_moment()
  again = later or 0
end

redis.call('PEXPIRE', root .. ':serial', order.linger)
for _, pool in ipairs(pools) do
  for _, name in ipairs({':busy', ':later', ':rules', ':told'}) do
    redis.call('PEXPIRE', pool.base .. name, order.linger)
  end
  for _, rule in ipairs(pool.rules) do redis.call('PEXPIRE', rule.key, order.linger) end
end

return {generation, members, again and text(again) or '', obstacle, unpack(delivered)}
