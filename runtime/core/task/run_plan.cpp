#include "runtime/core/task/run_plan.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

namespace aops::task {

namespace {

using base::json;

constexpr size_t most_batch_sizes = 100;

// -- order

using places = std::map<std::string_view, size_t>;

/// The members of a cycle among steps of which each waits for another one.
std::string cycle_among(const std::vector<std::vector<size_t>>& before,
                        const std::vector<bool>& is_placed,
                        const std::vector<deploy_step>& steps) {
  size_t at = 0;
  while (is_placed[at])
    ++at;
  std::vector<size_t> way;
  while (std::find(way.begin(), way.end(), at) == way.end()) {
    way.push_back(at);
    at = *std::find_if(
      before[at].begin(), before[at].end(), [&](size_t step) { return !is_placed[step]; });
  }
  way.erase(way.begin(), std::find(way.begin(), way.end(), at));
  std::string text;
  for (auto step : way)
    text += steps[step].step + " after ";
  return text + steps[at].step;
}

expected<std::vector<std::vector<size_t>>> dependencies(const std::vector<deploy_step>& steps) {
  places known;
  for (size_t i = 0; i < steps.size(); ++i)
    known.emplace(steps[i].step, i);
  std::vector<std::vector<size_t>> before(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!steps[i].after)
      continue;
    for (const auto& name : *steps[i].after) {
      auto other = known.find(name);
      if (other == known.end())
        return fail(ec::bad_request,
                    fmt::format("steps.{}.after: there is no step {}", steps[i].step, name));
      before[i].push_back(other->second);
    }
  }
  return before;
}

// -- options

std::optional<batch_size> size_of(const json& x) {
  if (x.is_number_integer() && x.get<int64_t>() > 0)
    return batch_size{x.get<int64_t>(), 0};
  if (!x.is_string())
    return std::nullopt;
  const auto& text = x.get_ref<const std::string&>();
  int64_t n = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  std::string_view rest{end, static_cast<size_t>(text.data() + text.size() - end)};
  if (problem != std::errc{} || n < 1)
    return std::nullopt;
  if (rest.empty())
    return batch_size{n, 0};
  if (rest != "%" || n > 100)
    return std::nullopt;
  return batch_size{0, n};
}

expected<std::vector<batch_size>> serial_of(const maybe<json_text>& given) {
  std::vector<batch_size> out;
  if (!given)
    return out;
  auto document = base::parse_json(given->text);
  auto refused =
    fail(ec::bad_request,
         "serial: must be a number from 1 on, a share such as \"30%\", or a list of these");
  if (!document)
    return refused;
  auto list = document->is_array() ? *document : json::array({*document});
  if (list.empty() || list.size() > most_batch_sizes)
    return refused;
  for (const auto& x : list) {
    auto size = size_of(x);
    if (!size)
      return refused;
    out.push_back(*size);
  }
  return out;
}

/// The members of both objects; those of `over` win.
expected<std::string> variables(const std::string& under, const maybe<json_text>& over) {
  auto merged = json::object();
  if (!under.empty()) {
    auto first = json::parse(under, nullptr, false);
    if (first.is_object())
      merged = std::move(first);
  }
  if (over) {
    auto more = base::parse_json(over->text);
    if (!more || !more->is_object())
      return fail(ec::bad_request, "vars: must be an object");
    if (over->text.size() > most_variable_bytes)
      return fail(ec::bad_request,
                  fmt::format("vars: must not be longer than {} bytes", most_variable_bytes));
    merged.update(*more);
  }
  return merged.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Variables that anybody may see, and the others; the latter may be none.
std::pair<std::string, std::string> parted(const std::string& vars,
                                           const std::vector<std::string>& secrets) {
  auto open = json::parse(vars), hidden = json::object();
  for (const auto& name : secrets)
    if (auto x = open.find(name); x != open.end()) {
      hidden[name] = *x;
      open.erase(x);
    }
  return {open.dump(-1, ' ', false, json::error_handler_t::replace),
          hidden.empty() ? std::string{}
                         : hidden.dump(-1, ' ', false, json::error_handler_t::replace)};
}

/// Places of named things; ec::bad_request names the first that is not there.
template <class Things, class Name>
expected<std::vector<int64_t>> places_of(const std::vector<std::string>& wanted,
                                         const Things& things,
                                         Name name,
                                         std::string_view field,
                                         std::string_view what) {
  std::unordered_map<std::string_view, int64_t> known;
  for (size_t i = 0; i < things.size(); ++i)
    known.emplace(name(things[i]), static_cast<int64_t>(i));
  std::vector<int64_t> out;
  for (size_t i = 0; i < wanted.size(); ++i) {
    auto x = known.find(wanted[i]);
    if (x == known.end())
      return fail(ec::bad_request, fmt::format("{}[{}]: {}", field, i, what));
    out.push_back(x->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

expected<std::vector<planned_host>> hosts_of(const run_parts& parts,
                                             const deploy_tasks_to_execute& asked) {
  if (!asked.host_list || asked.host_list->empty())
    return parts.hosts;
  auto places = places_of(
    *asked.host_list,
    parts.hosts,
    [](const planned_host& x) { return std::string_view{x.id}; },
    "host_list",
    "is no host of the task");
  if (!places)
    return fail(std::move(places.error()));
  std::vector<planned_host> out;
  for (auto i : *places)
    out.push_back(parts.hosts[static_cast<size_t>(i)]);
  return out;
}

using templates = std::map<std::string_view, const run_template*>;

/// What steps do not say, their templates do.
std::vector<deploy_step> completed(std::vector<deploy_step> steps, const templates& known) {
  std::set<std::string> names;
  for (const auto& x : steps)
    names.insert(x.step);
  for (auto& x : steps) {
    auto of = known.find(x.step);
    if (of == known.end())
      continue;
    const auto& t = *of->second;
    if (!x.after && !t.after.empty()) {
      x.after.emplace();
      for (const auto& name : t.after)
        if (names.contains(name))
          x.after->push_back(name);
    }
    if (!x.idempotent && t.is_idempotent)
      x.idempotent.emplace(*t.is_idempotent);
  }
  return steps;
}

expected<std::vector<planned_step>> steps_of(const run_parts& parts,
                                             const deploy_tasks_to_execute& asked) {
  templates known;
  for (const auto& x : parts.templates)
    known.emplace(x.name, &x);
  auto ordered = in_order_of_dependencies(completed(parts.steps, known));
  if (!ordered)
    return fail(std::move(ordered.error()));
  std::vector<planned_step> out;
  for (const auto& x : *ordered) {
    if (!x.enable)
      continue;
    auto of = known.find(x.step);
    if (of == known.end())
      return fail(ec::bad_request, fmt::format("steps.{}: the task has no such template", x.step));
    planned_step step;
    step.name = x.step;
    step.goes_on = x.continue_;
    step.is_idempotent = x.idempotent.value_or(false);
    auto usual = asked.step_timeout ? *asked.step_timeout * 1000
                                    : of->second->timeout_ms.value_or(parts.step_timeout_ms);
    step.timeout_ms = x.timeout ? *x.timeout * 1000 : usual;
    step.defaults = of->second->defaults;
    step.package = of->second->package;
    out.push_back(std::move(step));
  }
  if (out.empty())
    return fail(ec::bad_request, "steps: none is enabled");
  return out;
}

// -- text

json json_of(const planned_step& x) {
  return {{"name", x.name},
          {"goes_on", x.goes_on},
          {"is_idempotent", x.is_idempotent},
          {"needs_approval", x.needs_approval},
          {"timeout_ms", x.timeout_ms},
          {"defaults", x.defaults},
          {"package", x.package}};
}

json json_of(const planned_host& x) {
  return {{"id", x.id}, {"name", x.name}, {"first_step", x.first_step}, {"groups", x.groups}};
}

} // namespace

expected<std::vector<deploy_step>> in_order_of_dependencies(const std::vector<deploy_step>& steps) {
  auto before = dependencies(steps);
  if (!before)
    return fail(std::move(before.error()));
  std::vector<bool> is_placed(steps.size());
  std::vector<deploy_step> out;
  while (out.size() < steps.size()) {
    size_t next = 0;
    auto is_ready = [&](size_t i) {
      return !is_placed[i] && std::all_of((*before)[i].begin(), (*before)[i].end(), [&](size_t x) {
        return is_placed[x];
      });
    };
    while (next < steps.size() && !is_ready(next))
      ++next;
    if (next == steps.size())
      return fail(ec::bad_request,
                  "steps: they wait for each other: " + cycle_among(*before, is_placed, steps));
    is_placed[next] = true;
    out.push_back(steps[next]);
  }
  return out;
}

expected<void> check_run_options(const deploy_tasks_to_execute& asked) {
  if (auto serial = serial_of(asked.serial); !serial)
    return fail(std::move(serial.error()));
  return variables({}, asked.vars).map([](const std::string&) {});
}

expected<run_plan> plan_run(const run_parts& parts, const deploy_tasks_to_execute& asked) {
  run_plan out;
  auto hosts = hosts_of(parts, asked);
  if (!hosts)
    return fail(std::move(hosts.error()));
  auto steps = steps_of(parts, asked);
  if (!steps)
    return fail(std::move(steps.error()));
  auto serial = serial_of(asked.serial);
  if (!serial)
    return fail(std::move(serial.error()));
  auto vars = variables(parts.vars, asked.vars);
  if (!vars)
    return fail(std::move(vars.error()));
  if (auto fine = check_values(
        parts.parameters, parts.takes_only_these, json::parse(*vars), "vars", check_for::running);
      !fine)
    return fail(std::move(fine.error()));
  auto canary = places_of(
    asked.canary.value_or(std::vector<std::string>{}),
    *hosts,
    [](const planned_host& x) { return std::string_view{x.id}; },
    "canary",
    "is no host of the run");
  if (!canary)
    return fail(std::move(canary.error()));
  auto approve = places_of(
    asked.approve.value_or(std::vector<std::string>{}),
    *steps,
    [](const planned_step& x) { return std::string_view{x.name}; },
    "approve",
    "is no step that runs");
  if (!approve)
    return fail(std::move(approve.error()));
  for (auto i : *approve)
    (*steps)[static_cast<size_t>(i)].needs_approval = true;
  out.steps = std::move(*steps);
  out.hosts = std::move(*hosts);
  out.serial = std::move(*serial);
  std::tie(out.vars, out.secret_vars) = parted(*vars, secret_names(parts.parameters));
  out.canary = std::move(*canary);
  out.is_check = asked.check.value_or(false);
  out.shows_diff = asked.diff.value_or(false);
  out.forks = asked.forks.value_or(parts.forks);
  if (asked.max_fail_percentage)
    out.max_fail_percentage = *asked.max_fail_percentage;
  out.timeout_ms = asked.timeout ? *asked.timeout * 1000 : parts.timeout_ms;
  out.approves_batches = asked.approve_batches.value_or(false);
  out.allows_parallel = asked.allow_parallel.value_or(false);
  return out;
}

std::string text_of(const run_plan& plan) {
  auto steps = json::array(), hosts = json::array(), serial = json::array();
  for (const auto& x : plan.steps)
    steps.push_back(json_of(x));
  for (const auto& x : plan.hosts)
    hosts.push_back(json_of(x));
  for (const auto& x : plan.serial)
    serial.push_back({x.count, x.percent});
  json out = {{"steps", std::move(steps)},
              {"hosts", std::move(hosts)},
              {"vars", plan.vars},
              {"is_check", plan.is_check},
              {"shows_diff", plan.shows_diff},
              {"forks", plan.forks},
              {"serial", std::move(serial)},
              {"canary", plan.canary},
              {"timeout_ms", plan.timeout_ms},
              {"approves_batches", plan.approves_batches},
              {"allows_parallel", plan.allows_parallel},
              {"sealed_vars", plan.sealed_vars},
              {"sealed_for", plan.sealed_for}};
  if (plan.max_fail_percentage)
    out["max_fail_percentage"] = *plan.max_fail_percentage;
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

expected<run_plan> run_plan_of(std::string_view text) {
  run_plan out;
  try { // What the library throws stays here.
    auto x = json::parse(text);
    for (const auto& s : x.at("steps"))
      out.steps.push_back({s.at("name"),
                           s.at("goes_on"),
                           s.at("is_idempotent"),
                           s.at("needs_approval"),
                           s.at("timeout_ms"),
                           s.at("defaults"),
                           s.at("package")});
    for (const auto& h : x.at("hosts"))
      out.hosts.push_back({h.at("id"),
                           h.at("name"),
                           h.at("first_step"),
                           h.at("groups").get<std::vector<std::string>>()});
    for (const auto& s : x.at("serial"))
      out.serial.push_back({s.at(0), s.at(1)});
    out.vars = x.at("vars");
    out.is_check = x.at("is_check");
    out.shows_diff = x.at("shows_diff");
    out.forks = x.at("forks");
    out.canary = x.at("canary").get<std::vector<int64_t>>();
    out.timeout_ms = x.at("timeout_ms");
    out.approves_batches = x.at("approves_batches");
    out.allows_parallel = x.at("allows_parallel");
    out.sealed_vars = x.at("sealed_vars");
    out.sealed_for = x.at("sealed_for");
    if (x.contains("max_fail_percentage"))
      out.max_fail_percentage = x["max_fail_percentage"].get<int64_t>();
  } catch (const json::exception&) {
    return fail(ec::corrupt, "the plan of a run");
  }
  return out;
}

run_plan retry_of(const run_plan& plan, const std::vector<int64_t>& first_steps) {
  auto out = plan;
  out.hosts.clear();
  out.canary.clear();
  for (size_t i = 0; i < plan.hosts.size() && i < first_steps.size(); ++i) {
    if (first_steps[i] < 0)
      continue;
    auto place = static_cast<int64_t>(i);
    if (std::find(plan.canary.begin(), plan.canary.end(), place) != plan.canary.end())
      out.canary.push_back(static_cast<int64_t>(out.hosts.size()));
    out.hosts.push_back(plan.hosts[i]);
    out.hosts.back().first_step = first_steps[i];
  }
  return out;
}

} // namespace aops::task
