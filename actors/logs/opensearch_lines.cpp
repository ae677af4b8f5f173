#include "actors/logs/opensearch_lines.hpp"

#include "actors/logs/line_bulks.hpp"
#include "actors/logs/line_question.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::actors {

namespace {

using base::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t most_page_bytes = 32 << 20;
/// What is on its way may take longer than the search itself.
constexpr milliseconds way_of_search{500};

milliseconds left_until(steady_clock::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
}

/// What is wrong with an answer that is there; empty: nothing.
std::string shards_missing(const json& body) {
  auto failed = opensearch::number_in(body, {"_shards", "failed"}),
       total = opensearch::number_in(body, {"_shards", "total"});
  return failed > 0 ? fmt::format("{} of {} shards do not tell", failed, total) : std::string{};
}

/// Where a line stands in the order asked for, whether it reads or not.
std::optional<line_place> place_of_hit(const json& hit) {
  const auto& sort = opensearch::value_in(hit, {"sort"});
  if (!sort.is_array() || sort.size() != 2 || !sort[0].is_number_integer() ||
      !sort[1].is_number_integer())
    return std::nullopt;
  return line_place{sort[0].get<int64_t>(), sort[1].get<uint64_t>()};
}

bool is_out_of_time(const json& body) {
  const auto& told = opensearch::value_in(body, {"timed_out"});
  return told.is_boolean() && told.get<bool>();
}

/// One search: page by page, until somebody has enough.
class paged_search {
public:
  paged_search(const line_bulks& lines, const lines_wanted& what, size_t page_lines)
      : lines_(lines), what_(what), question_(question_of(what)),
        page_lines_(question_.is_exact ? std::min(what.limit + 1, page_lines * 2) : page_lines) {}

  /// Shows lines that match, in the order asked for, until `take` says that it has enough.
  /// @returns False when the deadline came first.
  template <class Take>
  expected<bool> run(Take take) {
    auto after = what_.after;
    for (;;) {
      auto left = left_until(what_.deadline);
      if (left.count() <= 0)
        return false;
      auto page = ask(body_of_page(what_, question_, after, page_lines_, left.count()), left);
      if (!page && page.error() == ec::query_failed && page_lines_ > 1 && lines_.was_too_long()) {
        page_lines_ /= 2; // Long lines.
        continue;
      }
      if (!page && page.error() == ec::timed_out)
        return false;
      if (!page)
        return fail(std::move(page.error()));
      const auto& all = opensearch::value_in(*page, {"hits", "hits"});
      if (!all.is_array())
        return true;
      auto before = after;
      for (const auto& hit : all) {
        if (auto place = place_of_hit(hit))
          after = place;
        auto line = line_in_document(opensearch::value_in(hit, {"_source"}));
        if (!line) {
          damage_ = "some lines do not read";
          continue;
        }
        if (is_wanted(*line) && take(std::move(*line)))
          return true;
      }
      if (is_out_of_time(*page))
        return false;
      if (all.size() < page_lines_)
        return true;
      if (after == before) // It does not say where it ends: there is no way on.
        return true;
    }
  }

  bool is_exact() const { return question_.is_exact; }
  const line_question& question() const { return question_; }
  const std::string& damage() const { return damage_; }

  expected<json> ask(std::string body, milliseconds left) {
    auto told = lines_.search(std::move(body), left + way_of_search, most_page_bytes);
    if (told)
      if (auto missing = shards_missing(*told); !missing.empty())
        damage_ = missing;
    return told;
  }

private:
  bool is_wanted(const found_log_line& x) const {
    auto host = what_.hosts->find(x.host_id);
    return host != what_.hosts->end() && what_.query->matches({x.what, x.host_id, host->second});
  }

  const line_bulks& lines_;
  const lines_wanted& what_;
  line_question question_;
  size_t page_lines_;
  std::string damage_;
};

class opensearch_lines final : public line_store {
public:
  opensearch_lines(std::unique_ptr<line_bulks> lines, size_t page_lines)
      : lines_(std::move(lines)), page_lines_(page_lines) {}

  expected<void> take(const std::string& host_id,
                      std::vector<logs::record> lines,
                      int64_t now_ns,
                      std::function<void(expected<lines_stored>)> then) override {
    return lines_->take(host_id, std::move(lines), now_ns, std::move(then));
  }

  expected<lines_had> find(const lines_wanted& what) override {
    lines_had out;
    if (what.hosts->empty() || what.start_ns >= what.end_ns)
      return out;
    paged_search search{*lines_, what, page_lines_};
    auto done = search.run([&](found_log_line x) {
      out.lines.push_back(std::move(x));
      return out.lines.size() > what.limit;
    });
    if (!done)
      return fail(as_store_error(done.error()));
    out.cut = *done ? line_cut::none : line_cut::time;
    if (out.lines.size() > what.limit) {
      out.lines.pop_back();
      out.cut = line_cut::limit;
    }
    out.damage = search.damage();
    return out;
  }

  expected<lines_counted> count(const lines_wanted& what, logs::buckets& to) override {
    lines_counted out;
    if (what.hosts->empty() || what.start_ns >= what.end_ns)
      return out;
    auto range = what;
    range.limit = page_lines_ * 2; // Whole pages.
    paged_search search{*lines_, range, page_lines_};
    auto counted =
      search.is_exact() ? count_there(search, range, to) : search.run([&](const found_log_line& x) {
        to.add(x.what.time_ns);
        return false;
      });
    if (!counted)
      return fail(as_store_error(counted.error()));
    out.is_whole = *counted;
    out.damage = search.damage();
    return out;
  }

  expected<void> tidy(int64_t now_ns) override { return lines_->tidy(now_ns / 1'000'000); }

private:
  static error as_store_error(const error& e) { return {ec::store_unreachable, e.detail}; }

  static expected<bool>
  count_there(paged_search& search, const lines_wanted& what, logs::buckets& to) {
    auto left = std::max(left_until(what.deadline), milliseconds{1});
    auto told = search.ask(body_of_count(search.question(), to, left.count()), left);
    if (!told && told.error() == ec::timed_out)
      return false;
    if (!told)
      return fail(std::move(told.error()));
    const auto& buckets = opensearch::value_in(*told, {"aggregations", "stretches", "buckets"});
    for (size_t i = 0; buckets.is_array() && i < std::min(buckets.size(), to.counts().size()); ++i)
      to.add(to.begin_of(i), opensearch::number_in(buckets[i], {"doc_count"}));
    return !is_out_of_time(*told);
  }

  std::unique_ptr<line_bulks> lines_;
  size_t page_lines_;
};

} // namespace

expected<std::shared_ptr<line_store>> open_opensearch_lines(opensearch_lines_config config) {
  auto page_lines = config.page_lines;
  auto lines = line_bulks::open(std::move(config));
  if (!lines)
    return fail(std::move(lines.error()));
  return std::shared_ptr<line_store>{
    std::make_shared<opensearch_lines>(std::move(*lines), page_lines)};
}

} // namespace aops::actors
