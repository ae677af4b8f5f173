#include "runtime/core/promql/run.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace aops::promql {

double stale_marker() { return std::bit_cast<double>(uint64_t{0x7ff0000000000002}); }
bool is_stale(double value) { return std::bit_cast<uint64_t>(value) == 0x7ff0000000000002; }

namespace {

/// The time that a selector or subquery looks at, of which its window is the past.
int64_t looked_at(const run& r, const node& n, int64_t t) {
  switch (n.at) {
  case at_point::none:
    break;
  case at_point::time:
    t = n.at_ms;
    break;
  case at_point::start:
    t = r.start_ms;
    break;
  case at_point::end:
    t = r.end_ms;
    break;
  }
  return t - n.offset_ms;
}

/// The points of one series, read forward.
struct stream {
  label_id metric = 0;
  std::unique_ptr<point_reader> reader;
  std::span<const point> piece;

  const point* peek() {
    if (piece.empty() && reader) {
      piece = reader->next();
      if (piece.empty() && !reader->grows())
        reader.reset();
    }
    return piece.empty() ? nullptr : &piece.front();
  }
  void take() { piece = piece.subspan(1); }
};

/// The series of a selector, by labels.
std::vector<stream>
streams_of(run& r, const node& n, int64_t after, int64_t until, bool newest_only = false) {
  std::vector<stream> out;
  auto found = r.data.select({n.matchers, after, until, r.options.most_series, newest_only});
  if (!found)
    return r.fail(found.error().detail, found.error().code), std::move(out);
  if (found->size() > r.options.most_series)
    return r.fail("the query selects more series than it may", ec::overloaded), std::move(out);
  std::sort(found->begin(), found->end(), [](auto& a, auto& b) { return a.metric < b.metric; });
  for (auto& s : *found)
    out.push_back({r.table.intern(std::move(s.metric)), std::move(s.points), {}});
  return out;
}

class selector : public step {
public:
  selector(run& r, const node& n, int64_t first, int64_t last, bool times)
      : run_(r), node_(n), times_(times) {
    auto from = looked_at(r, n, first), until = looked_at(r, n, last);
    auto all = streams_of(r, n, from - r.options.lookback_ms, until, from == until);
    for (auto& s : all)
      series_.push_back({std::move(s), {std::numeric_limits<int64_t>::min(), 0}});
  }

  void at(int64_t t, samples& out) override {
    auto until = looked_at(run_, node_, t), after = until - run_.options.lookback_ms;
    for (auto& s : series_) {
      const point* next;
      for (; (next = s.points.peek()) && next->time_ms <= until; s.points.take())
        s.last = *next;
      if (s.last.time_ms > after && !is_stale(s.last.value))
        out.push_back({s.points.metric,
                       false,
                       times_ ? static_cast<double>(s.last.time_ms) / 1000 : s.last.value});
    }
    run_.look_at(series_.size());
  }

private:
  struct one {
    stream points;
    point last;
  };
  run& run_;
  const node& node_;
  bool times_; ///< Yields the times of the points instead.
  std::vector<one> series_;
};

/// The points of a series that may still be in a window.
struct buffer {
  label_id metric = 0;
  bool drops_name = false;
  std::vector<point> points;
  size_t head = 0;    ///< Of `points`, where the window begins.
  uint64_t first = 0; ///< Counts the points before it.

  void add(run& r, const point& p) {
    points.push_back(p);
    r.hold(1);
  }
  void drop_until(run& r, int64_t time_ms) {
    size_t before = head;
    while (head < points.size() && points[head].time_ms <= time_ms)
      ++head;
    first += head - before;
    r.release(head - before);
    if (head > 64 && head * 2 > points.size()) {
      points.erase(points.begin(), points.begin() + static_cast<ptrdiff_t>(head));
      head = 0;
    }
  }
};

/// What ranges and subqueries share: buffers, and windows made of them.
class buffered : public window_source {
public:
  buffered(run& r, const node& n) : run_(r), node_(n) {}
  const std::vector<window>& at(int64_t t) override {
    auto end = looked_at(run_, node_, t);
    if (filled_ && end == end_ms)
      return windows_;
    filled_ = true;
    end_ms = end;
    begin_ms = end - node_.range_ms;
    fill();
    windows_.clear();
    for (uint32_t i = 0; i < buffers_.size(); ++i) {
      auto& b = buffers_[i];
      b.drop_until(run_, begin_ms);
      if (b.head < b.points.size())
        windows_.push_back(
          {b.metric, b.drops_name, i, b.first, std::span(b.points).subspan(b.head)});
    }
    return windows_;
  }

protected:
  /// Adds the points up to `end_ms`.
  virtual void fill() = 0;

  run& run_;
  const node& node_;
  std::vector<buffer> buffers_;

private:
  bool filled_ = false;
  std::vector<window> windows_;
};

class range : public buffered {
public:
  range(run& r, const node& n, int64_t first, int64_t last) : buffered(r, n) {
    streams_ = streams_of(r, n, looked_at(r, n, first) - n.range_ms, looked_at(r, n, last));
    for (const auto& s : streams_)
      buffers_.push_back({s.metric, false, {}, 0, 0});
  }

protected:
  void fill() override {
    for (size_t i = 0; i < streams_.size() && !run_.ended(); ++i) {
      const point* next;
      for (; (next = streams_[i].peek()) && next->time_ms <= end_ms; streams_[i].take())
        if (next->time_ms > begin_ms && !is_stale(next->value))
          buffers_[i].add(run_, *next);
    }
  }

private:
  std::vector<stream> streams_;
};

/// Evaluates what is inside at multiples of its step, each once.
class subquery : public buffered {
public:
  subquery(run& r, const node& n, int64_t first, int64_t last)
      : buffered(r, n), step_(n.step_ms > 0 ? n.step_ms : r.options.default_step_ms) {
    auto from = after(looked_at(r, n, first) - n.range_ms);
    next_ = from;
    inner_ = make_step(r, *n.children[0], from, std::max(from, looked_at(r, n, last)));
  }

protected:
  void fill() override {
    next_ = std::max(next_, after(begin_ms));
    if (next_ <= end_ms && static_cast<size_t>((end_ms - next_) / step_) >= most_steps())
      return run_.fail("a subquery would take too many steps", ec::overloaded);
    for (; next_ <= end_ms && !run_.ended(); next_ += step_) {
      run_.look_at(1);
      samples_.clear();
      inner_->at(next_, samples_);
      for (const auto& s : samples_)
        buffer_of(s).add(run_, {next_, s.value});
    }
  }

private:
  /// The first multiple of the step after a time.
  int64_t after(int64_t t) const {
    auto multiple = t / step_ * step_;
    return multiple <= t ? multiple + step_ : multiple;
  }
  size_t most_steps() const { return run_.options.most_steps * 100; }
  buffer& buffer_of(const sample& s) {
    if (s.metric >= place_of_.size())
      place_of_.resize(run_.table.size());
    auto& place = place_of_[s.metric];
    if (place == 0) {
      buffers_.push_back({s.metric, s.drops_name, {}, 0, 0});
      place = static_cast<uint32_t>(buffers_.size());
    }
    return buffers_[place - 1];
  }

  int64_t step_, next_ = 0;
  step_ptr inner_;
  samples samples_;
  std::vector<uint32_t> place_of_; ///< By label set, one more than the place of its buffer.
};

} // namespace

step_ptr make_selector(run& r, const node& n, int64_t first_ms, int64_t last_ms, bool times) {
  return std::make_unique<selector>(r, n, first_ms, last_ms, times);
}

std::unique_ptr<window_source>
make_windows(run& r, const node& n, int64_t first_ms, int64_t last_ms) {
  const auto& x = bare(n);
  if (x.kind == node_kind::subquery)
    return std::make_unique<subquery>(r, x, first_ms, last_ms);
  return std::make_unique<range>(r, x, first_ms, last_ms);
}

} // namespace aops::promql
