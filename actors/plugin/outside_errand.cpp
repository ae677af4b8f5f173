#include "actors/plugin/outside_errand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace aops::actors {

namespace {

using batches = std::vector<std::shared_ptr<const plugin::sent_batch>>;

/// An errand under way: its lines, one after the other.
struct errand_walk {
  /// It is called from threads of the pool only, which end before the pool does. Held, the pool
  /// could end in one of them.
  const plugin_pool* pool;
  std::string name;
  std::chrono::milliseconds patience;
  batches to_learn, to_judge;
  size_t learned = 0, judged = 0;
  plugin::judged_batch found;
  plugin_pool::judged then;
};

/// Fills lines with samples of an errand.
class line_filler {
public:
  explicit line_filler(const outside_errand& x) : errand_(x) {}

  /// How many more samples the open line takes.
  size_t room() const { return room_; }
  void begin() {
    open_ = std::make_shared<plugin::sent_batch>();
    open_->host_id = errand_.host_id;
    open_->check_item = errand_.check_item;
    open_->metric = errand_.metric;
    open_->period_ms = errand_.period_ms;
    open_->parameters = errand_.parameters;
    room_ = most_line_samples;
    lines_.push_back(open_);
  }
  void add(const outside_question& s, std::span<const plugin::timed_value> points) {
    open_->series.push_back({s.key, s.labels, {points.begin(), points.end()}});
    room_ -= std::min(room_, points.size() + 1); // A series takes room for itself, too.
  }
  batches take() { return std::move(lines_); }

private:
  const outside_errand& errand_;
  std::shared_ptr<plugin::sent_batch> open_;
  size_t room_ = 0;
  batches lines_;
};

/// What is learned of a series stands in one line, for a second one would have it begin anew: the
/// newest samples count.
batches lines_to_learn(const outside_errand& x) {
  line_filler to(x);
  for (const auto& s : x.series) {
    if (!s.is_new)
      continue;
    std::span points(s.past);
    points = points.last(std::min(points.size(), most_line_samples));
    if (to.room() <= points.size())
      to.begin();
    to.add(s, points);
  }
  return to.take();
}

batches lines_to_judge(const outside_errand& x) {
  line_filler to(x);
  for (const auto& s : x.series)
    for (std::span points(s.fresh); !points.empty();) {
      if (to.room() == 0)
        to.begin();
      auto count = std::min(points.size(), to.room());
      to.add(s, points.first(count));
      points = points.subspan(count);
    }
  return to.take();
}

void walk_on(std::shared_ptr<errand_walk> x) {
  if (x->learned < x->to_learn.size()) {
    const auto& batch = *x->to_learn[x->learned++];
    return x->pool->learn(x->name, batch, x->patience, [x](expected<void> how) {
      if (!how)
        return x->then(fail(std::move(how.error())));
      walk_on(x);
    });
  }
  if (x->judged == x->to_judge.size())
    return x->then(std::move(x->found));
  auto batch = x->to_judge[x->judged++];
  x->pool->judge(x->name, batch, x->patience, [x](expected<plugin::judged_batch> said) {
    if (!said)
      return x->then(fail(std::move(said.error())));
    std::move(said->series.begin(), said->series.end(), std::back_inserter(x->found.series));
    std::move(said->unknown.begin(), said->unknown.end(), std::back_inserter(x->found.unknown));
    walk_on(x);
  });
}

} // namespace

void run_errand(const plugin_pool* pool, outside_errand errand, plugin_pool::judged then) {
  if (pool == nullptr)
    return then(
      fail(ec::not_found,
           fmt::format("plug-in {}: is not in the configuration of this node", errand.plugin)));
  auto x = std::make_shared<errand_walk>();
  x->pool = pool;
  x->patience = errand.patience;
  x->to_learn = lines_to_learn(errand);
  x->to_judge = lines_to_judge(errand);
  x->name = std::move(errand.plugin);
  x->then = std::move(then);
  walk_on(std::move(x));
}

} // namespace aops::actors
