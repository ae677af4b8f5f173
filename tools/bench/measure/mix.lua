-- The mix of requests for wrk, first pages of 50. Environment: TOKEN, TASK, DELAY_MS, the mean pause of a connection before
-- each request (none when absent), and MIX:
--   read    60 % host/get, 30 % result/get, 10 % progress/get
--   work    50 % host/get, 28 % result/get, 10 % progress/get, 5 % log/get, 7 % group/update, which is recorded
--   nothing GET /healthz: what a request costs in which nothing is done
local mix = os.getenv("MIX") or "read"
local headers = {["Content-Type"] = "application/json", ["Access-Token"] = os.getenv("TOKEN")}
local paging = '"page":1,"per_page":50'
local hosts, results, progress, records, health
local pause = tonumber(os.getenv("DELAY_MS") or "0")

function init()
  hosts = wrk.format("POST", "/manage/host/get", headers, '{"host_group_list":[],' .. paging .. '}')
  results = wrk.format("POST", "/check/result/get", headers,
    '{"time_range":[],"check_items":[],"host_list":[],"sort":"start","direction":"desc",' .. paging .. '}')
  records = wrk.format("POST", "/manage/log/get", headers, '{' .. paging .. '}')
  health = wrk.format("GET", "/healthz")
  progress = wrk.format("POST", "/diag/progress/get", headers, '{"task_list":["' .. os.getenv("TASK") .. '"]}')
end

local function change()
  return wrk.format("POST", "/manage/host/group/update", headers,
    '{"host_group_name":"bench","description":"' .. math.random(1000000) .. '"}')
end

function request()
  if mix == "nothing" then
    return health
  end
  local x = math.random(100)
  if mix == "read" then
    return x <= 60 and hosts or x <= 90 and results or progress
  end
  return x <= 50 and hosts or x <= 78 and results or x <= 88 and progress or x <= 93 and records or change()
end

if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('{"seconds":%f,"requests":%d,"p50_us":%f,"p99_us":%f,"max_us":%f,"errors":%d}\n',
    summary.duration / 1e6, summary.requests, latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
