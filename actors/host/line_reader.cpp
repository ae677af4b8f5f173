#include "actors/host/line_reader.hpp"

#include "actors/host/history_turns.hpp"
#include "actors/host/host_ask.hpp"
#include "messages/return_code.hpp"
#include "messages/roles/logs.hpp"
#include "runtime/core/check/log_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

constexpr int64_t lines_of_page = 1000;

/// What an answer may take longer than its search.
constexpr std::chrono::seconds way_of_pages{5};

constexpr size_t most_query = 4000;

/// Words by which lines of these logs are found; empty: all lines.
std::string query_of(const std::vector<data_item>& items) {
  std::string out;
  for (const auto& x : items) {
    auto one = check::query_for_log(x.name);
    if (one.empty() || out.size() + one.size() > most_query)
      return {};
    out += out.empty() ? one : " OR " + one;
  }
  return out;
}

/// Reading page after page.
class line_reading : public std::enable_shared_from_this<line_reading> {
public:
  line_reading(line_asker from,
               lines_order order,
               std::function<void(const std::vector<check::logged_line>&)> each,
               std::function<void(expected<std::string>)> finished)
      : from_(std::move(from)), order_(std::move(order)), each_(std::move(each)),
        finished_(std::move(finished)) {
    search_.host_list.emplace(std::vector{from_.host_id});
    search_.time_range.emplace(std::vector<moment>{{order_.from_ms}, {order_.until_ms}});
    search_.limit.emplace(lines_of_page);
    search_.order.emplace("oldest");
    if (auto query = query_of(order_.items); !query.empty())
      search_.query.emplace(std::move(query));
  }

  void next() {
    if (order_.from_ms >= order_.until_ms)
      return finished_(why_);
    if (order_.most_pages == 0)
      return finished_(fail(ec::query_failed, "there are more lines than are looked at"));
    --order_.most_pages;
    if (order_.deadline_ms > 0 && from_.clock->now_ms() > order_.deadline_ms)
      return finished_(fail(ec::timed_out, "lines of host " + search_.host_list->front()));
    from_.ask(search_,
              [me = shared_from_this()](expected<lines_found> page) { me->take(std::move(page)); });
  }

private:
  void take(expected<lines_found> page) {
    if (!page)
      return finished_(fail(std::move(page.error())));
    for (const auto& x : page->missing)
      why_ = fmt::format("lines that node {} keeps are missing: {}", x.node, x.reason);
    std::vector<check::logged_line> lines;
    lines.reserve(page->lines.size());
    for (const auto& x : page->lines)
      lines.push_back(logged(x));
    each_(lines);
    if (page->cut.empty())
      return finished_(why_);
    if (page->lines.empty()) // The time for a search did not suffice for a single one.
      return finished_("a search for lines took too long");
    search_.after_line.emplace(page->lines.back().line_id);
    next();
  }

  line_asker from_;
  lines_order order_;
  std::function<void(const std::vector<check::logged_line>&)> each_;
  std::function<void(expected<std::string>)> finished_;
  line_search search_;
  std::string why_;
};

bool is_lined(const check::rule_set::rule_ptr& rule) { return rule->has_logs(); }

/// Log rules by lines, all others as before.
class lined_history final : public history_source {
public:
  lined_history(source_links links, history_source& numbers)
      : links_(std::move(links)), numbers_(numbers) {}

  check::time_basis job_basis() const override { return numbers_.job_basis(); }
  void read_rounds(history_order order, each_portion each, done finished) override {
    numbers_.read_rounds(std::move(order), std::move(each), std::move(finished));
  }

  void run(std::shared_ptr<history_run> x, judged then) override {
    if (std::none_of(x->rules.begin(), x->rules.end(), is_lined))
      return numbers_.run(std::move(x), std::move(then));
    if (!x->others) { // It may be given again after an error.
      x->others = std::make_shared<history_run>();
      auto& others = *x->others;
      others.request = x->request;
      others.how = x->how;
      others.since = x->since;
      others.is_kept = x->is_kept;
      others.ask_outside = x->ask_outside;
      std::copy_if(x->rules.begin(),
                   x->rules.end(),
                   std::back_inserter(others.rules),
                   [](const auto& rule) { return !is_lined(rule); });
    }
    x->others->deadline_ms = x->deadline_ms;
    if (x->others->rules.empty() || x->have_others)
      return read_numbers(std::move(x), std::move(then));
    numbers_.run(x->others, [this, x, then](expected<std::vector<check::run_result>> results) {
      if (!results)
        return then(fail(std::move(results.error())));
      x->others->results = std::move(*results);
      x->have_others = true;
      read_numbers(x, then);
    });
  }

private:
  /// Log rules at work.
  struct lined_runs {
    std::vector<check::log_run> all;
    lines_order order;
    std::vector<std::pair<series_key, std::vector<check::point>>> numbers;
    std::map<uint32_t, size_t> places; ///< Of slots.
  };

  static std::shared_ptr<lined_runs> begin(const history_run& x) {
    auto runs = std::make_shared<lined_runs>();
    runs->order.from_ms = x.request.start_ms;
    runs->order.until_ms = x.request.end_ms;
    runs->order.deadline_ms = x.deadline_ms;
    for (const auto& rule : x.rules) {
      if (!is_lined(rule))
        continue;
      runs->all.emplace_back(rule, x.request);
      auto from = x.request.start_ms - check::history_ms(*rule, x.request.period_ms);
      runs->order.from_ms = std::min(runs->order.from_ms, from);
      for (const auto& item : rule->items) {
        if (item.item.type == "log")
          runs->order.items.push_back(item.item);
        else if (item.is_needed)
          runs->numbers.push_back({{item.item.name, item.item.label}, {}});
      }
    }
    return runs;
  }

  void read_numbers(std::shared_ptr<history_run> x, judged then) {
    auto runs = begin(*x);
    if (runs->numbers.empty())
      return read_lines_for(std::move(x), std::move(runs), std::move(then));
    history_order order;
    order.from_ms = runs->order.from_ms;
    order.until_ms = runs->order.until_ms - 1;
    order.how = x->how;
    order.deadline_ms = x->deadline_ms;
    for (const auto& [key, points] : runs->numbers)
      order.wanted.push_back(
        {check::kept_series::duration + 1 + static_cast<uint32_t>(order.wanted.size()), key});
    auto take = [runs](const history_portion& portion) {
      runs->places.clear();
      for (const auto& s : portion.series)
        for (size_t i = 0; i < runs->numbers.size(); ++i)
          if (runs->numbers[i].first == s.key)
            runs->places.emplace(s.slot, i);
      for (const auto& round : portion.rounds)
        for (const auto& s : round.samples)
          if (auto place = runs->places.find(s.slot); place != runs->places.end())
            runs->numbers[place->second].second.push_back({round.time_ms, s.value});
      return true;
    };
    numbers_.read_rounds(
      std::move(order), take, [this, x, runs, then = std::move(then)](expected<void> how) mutable {
        if (!how)
          return then(fail(std::move(how.error())));
        read_lines_for(x, runs, std::move(then));
      });
  }

  static void hand_numbers(const history_run& x, lined_runs& runs) {
    size_t k = 0;
    for (const auto& rule : x.rules) {
      if (!is_lined(rule))
        continue;
      check::run_data data;
      for (const auto& item : rule->items) {
        auto& to = data.items.emplace_back();
        for (const auto& [key, points] : runs.numbers)
          if (item.item.type != "log" && key.name == item.item.name && key.label == item.item.label)
            to.points = points;
      }
      runs.all[k++].take(data);
    }
  }

  void
  read_lines_for(std::shared_ptr<history_run> x, std::shared_ptr<lined_runs> runs, judged then) {
    hand_numbers(*x, *runs);
    auto take = [runs](const std::vector<check::logged_line>& lines) {
      for (const auto& line : lines)
        for (auto& run : runs->all)
          run.take(line);
      if (!lines.empty())
        for (auto& run : runs->all)
          run.judge_until(lines.back().time_ms);
    };
    auto finished = [x, runs, then = std::move(then)](expected<std::string> how) {
      if (!how)
        return then(fail(std::move(how.error())));
      std::vector<check::run_result> all;
      size_t plain = 0, lined = 0;
      for (const auto& rule : x->rules) {
        if (!is_lined(rule)) {
          all.push_back(std::move(x->others->results[plain++]));
          continue;
        }
        auto& run = runs->all[lined++];
        if (!how->empty())
          run.lack(*how);
        all.push_back(run.result());
      }
      x->others.reset();
      x->have_others = false;
      then(std::move(all));
    };
    auto order = runs->order;
    read_lines(
      line_asker_of(links_, x->how), std::move(order), std::move(take), std::move(finished));
  }

  source_links links_;
  history_source& numbers_;
};

} // namespace

check::logged_line logged(const log_line& x) {
  check::logged_line out;
  out.time_ms = x.time.ms;
  out.text = x.message;
  for (const auto& [name, value] : x.fields)
    out.labels.emplace(name, value);
  auto put = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out.labels[name] = value;
  };
  put("source", x.source);
  put("program", x.program);
  put("pid", x.pid);
  put("facility", x.facility);
  put("severity", x.severity);
  put("message", x.message);
  // What is sent twice, to two nodes, is one line.
  auto place = x.offset ? fmt::format("{}\n{}\n{}", x.source, *x.offset, x.message) : x.line_id;
  out.identity = std::hash<std::string>{}(place);
  return out;
}

caller owner_of(const host_record& host) {
  caller who;
  who.owner = host.owner;
  return who;
}

line_asker line_asker_of(const source_links& links, read_kind how) {
  auto patience = links.services->config->logs.search_timeout.chrono() + way_of_pages;
  using page_taker = std::function<void(expected<lines_found>)>;
  auto ask = [self = links.self, services = links.services, who = owner_of(links.record), patience](
               line_search what, page_taker then) {
    actors::ask<host_logs_actor>(
      self, *services->names, host_logs_name, patience, std::move(then), who, std::move(what));
  };
  if (how == read_kind::asked)
    return {std::move(ask), links.services->clock, links.record.host_id};
  auto in_turn = [ask, &turns = links.turns](line_search what, page_taker then) {
    turns.ask([ask, &turns, what = std::move(what), then = std::move(then)] {
      ask(what, [&turns, then](expected<lines_found> page) {
        turns.done();
        then(std::move(page));
      });
    });
  };
  return {std::move(in_turn), links.services->clock, links.record.host_id};
}

void read_lines(line_asker from,
                lines_order order,
                std::function<void(const std::vector<check::logged_line>&)> each,
                std::function<void(expected<std::string>)> finished) {
  std::make_shared<line_reading>(
    std::move(from), std::move(order), std::move(each), std::move(finished))
    ->next();
}

std::unique_ptr<history_source> lined_history_of(source_links links, history_source& numbers) {
  return std::make_unique<lined_history>(std::move(links), numbers);
}

} // namespace aops::actors
