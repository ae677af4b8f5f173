-- The mix of requests for wrk: 60 % host/get, 30 % result/get, 10 % progress/get, first pages of 50.
-- Environment: TOKEN, TASK, and DELAY_MS, the mean pause of a connection before each request (none when absent).
local headers = {["Content-Type"] = "application/json", ["Access-Token"] = os.getenv("TOKEN")}
local paging = '"page":1,"per_page":50'
local hosts, results, progress
local pause = tonumber(os.getenv("DELAY_MS") or "0")

function init()
  hosts = wrk.format("POST", "/manage/host/get", headers, '{"host_group_list":[],' .. paging .. '}')
  results = wrk.format("POST", "/check/result/get", headers,
    '{"time_range":[],"check_items":[],"host_list":[],"sort":"start","direction":"desc",' .. paging .. '}')
  progress = wrk.format("POST", "/diag/progress/get", headers, '{"task_list":["' .. os.getenv("TASK") .. '"]}')
end

function request()
  local x = math.random(10)
  return x <= 6 and hosts or x <= 9 and results or progress
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
