-- Hour and minute of one principal, checked and counted together: a call counts in both windows or in neither.
-- KEYS: 1 the hour, 2 the minute, 3 a counter whose value is answered along (optional)
-- ARGV: 1 limit of the hour, 2 limit of the minute, 3 'log' or 'buckets': how the minute is kept, 4 calls to count
--       (0 only looks), 5 the moment in microseconds ('' asks the server's clock: those of the processes do not matter)
-- Answer: allowed, then remaining, unix second and seconds until more is free for the hour, then remaining and
--         seconds for the minute, seconds until a refused call succeeds, value of the counter ('-' without one)
local MINUTE, HOUR = 60e6, 3600e6
local hour_limit, minute_limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local now = tonumber(ARGV[5])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- A window of 60 buckets plus the one that is leaving. The leaving bucket counts whole until its last moment is out:
-- never more than the limit in any span as long as the window, at the price of at most 1/61 of it.
-- Fields: t total, o oldest bucket in use, <index> calls of a bucket.
local function read_buckets(key, limit, window)
  local width = window / 60
  local index = math.floor(now / width)
  local head = redis.call('HMGET', key, 't', 'o', index)
  local total, oldest, own = tonumber(head[1]) or 0, tonumber(head[2]) or index, tonumber(head[3]) or 0
  if index < oldest then -- the clock was set back
    index, own = oldest, tonumber(redis.call('HGET', key, oldest)) or 0
  end
  local kept, gone
  local function read_all()
    kept, gone, total = {}, {}, 0
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      local at = tonumber(all[i])
      if at and at >= index - 60 then
        kept[#kept + 1] = {at, tonumber(all[i + 1])}
        total = total + kept[#kept][2]
      elseif at then
        gone[#gone + 1] = all[i]
      end
    end
    table.sort(kept, function(a, b) return a[1] < b[1] end)
    oldest = kept[1] and kept[1][1] or index
  end
  if oldest < index - 60 then
    read_all()
    if cost > 0 and #gone > 0 then
      redis.call('HDEL', key, unpack(gone))
      redis.call('HSET', key, 't', total, 'o', oldest)
    end
  end
  local leaving = oldest
  if total > limit then -- the limit was lowered: several buckets have to leave
    if not kept then read_all() end
    local surplus = total - limit + 1
    for _, bucket in ipairs(kept) do
      leaving, surplus = bucket[1], surplus - bucket[2]
      if surplus <= 0 then break end
    end
  end
  local state = {used = total, free_at = total > 0 and (leaving + 61) * width or now}
  function state.count()
    redis.call('HSET', key, 't', total + cost, 'o', oldest, index, own + cost)
    if own == 0 then redis.call('PEXPIRE', key, math.ceil(window / 1000 * 62 / 60)) end
    if total == 0 then state.free_at = (index + 61) * width end
  end
  return state
end

-- An exact log: the moments of the admitted calls, oldest first.
local function read_log(key, limit)
  local first = tonumber(redis.call('LINDEX', key, 0))
  while first and first <= now - MINUTE do
    redis.call('LPOP', key)
    first = tonumber(redis.call('LINDEX', key, 0))
  end
  local used = first and redis.call('LLEN', key) or 0
  if used > limit then first = tonumber(redis.call('LINDEX', key, used - limit)) or first end
  local state = {used = used, free_at = first and first + MINUTE or now}
  function state.count()
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, 61000)
    if not first then state.free_at = now + MINUTE end
  end
  return state
end

local hour = read_buckets(KEYS[1], hour_limit, HOUR)
local minute = ARGV[3] == 'log' and read_log(KEYS[2], minute_limit) or read_buckets(KEYS[2], minute_limit, MINUTE)

local hour_full, minute_full = hour.used >= hour_limit, minute.used >= minute_limit
local allowed, retry_at = 1, now
if hour_full or minute_full then
  allowed = 0
  if hour_full then retry_at = hour.free_at end
  if minute_full and minute.free_at > retry_at then retry_at = minute.free_at end
elseif cost > 0 then
  hour.count()
  minute.count()
end
local counted = allowed * cost
local function seconds_until(moment) return math.ceil((moment - now) / 1e6) end
local retry_after = allowed == 1 and 0 or math.max(1, seconds_until(retry_at))

return string.format('%d %d %d %d %d %d %d %s',
  allowed,
  math.max(0, hour_limit - hour.used - counted), math.ceil(hour.free_at / 1e6), seconds_until(hour.free_at),
  math.max(0, minute_limit - minute.used - counted), seconds_until(minute.free_at),
  retry_after,
  KEYS[3] and (redis.call('GET', KEYS[3]) or '0') or '-')
