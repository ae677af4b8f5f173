#include "actors/logs/line_document.hpp"
#include "actors/logs/line_store.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/metrics.hpp"
#include "runtime/core/logs/record_codec.hpp"
#include "runtime/core/logs/words.hpp"
#include "runtime/io/logs/line_shelf.hpp"

#include <algorithm>

namespace aops::actors {

namespace {

/// Of so many hosts the index is asked; of more, lines are looked at.
constexpr size_t most_hosts_asked_for = 64;

using line_kind = logs::line_condition::kind;
using block_kind = logs::block_condition::kind;

/// What of a condition the words of a block can tell.
logs::block_condition words_for(const logs::line_condition& x) {
  logs::block_condition out;
  switch (x.what) {
  case line_kind::word:
  case line_kind::prefix:
    out.what = x.what == line_kind::word ? block_kind::word : block_kind::prefix;
    out.text = x.text;
    return out;
  case line_kind::severity:
    out.what = block_kind::any;
    for (int s = x.low; s <= x.high; ++s)
      out.parts.push_back({block_kind::word, logs::severity_word(static_cast<uint8_t>(s))});
    return out;
  case line_kind::all:
  case line_kind::any:
    out.what = x.what == line_kind::all ? block_kind::all : block_kind::any;
    for (const auto& part : x.parts)
      out.parts.push_back(words_for(part));
    return out;
  default:
    return out;
  }
}

logs::block_condition words_for(const lines_wanted& what) {
  auto words = words_for(what.query->condition());
  if (what.hosts->size() > most_hosts_asked_for)
    return words;
  logs::block_condition hosts{block_kind::any};
  for (const auto& [id, name] : *what.hosts)
    hosts.parts.push_back({block_kind::word, logs::host_word(id)});
  return {block_kind::all, {}, {std::move(words), std::move(hosts)}};
}

/// The longest word that each line of a condition has; empty: none is known.
std::string_view word_of_all(const logs::line_condition& x) {
  // A longer one is not in the line as it is in the index.
  if (x.what == line_kind::word || x.what == line_kind::prefix)
    return x.text.size() < logs::most_word ? std::string_view{x.text} : std::string_view{};
  std::string_view out;
  if (x.what == line_kind::all)
    for (const auto& part : x.parts)
      if (auto word = word_of_all(part); word.size() > out.size())
        out = word;
  return out;
}

/// Whether bytes have a word in them somewhere, ASCII letters in either case.
/// @param word In lower case; empty: they have.
bool has_somewhere(std::string_view bytes, std::string_view word) {
  auto is_same = [](char a, char b) { return logs::lower(a) == b; };
  return word.empty() ||
         std::search(bytes.begin(), bytes.end(), word.begin(), word.end(), is_same) != bytes.end();
}

/// Judges lines one by one.
class line_judge : public logs::line_visitor {
public:
  explicit line_judge(const lines_wanted& what)
      : what_(what), condition_(what.query->condition()), word_(word_of_all(condition_)) {}

  void take(const logs::kept_line& x) override {
    if (what_.source && x.source != *what_.source)
      return;
    auto host = what_.hosts->find(x.host);
    if (host == what_.hosts->end())
      return;
    if (!wants(x) || !has_somewhere(x.body, word_)) // Most are not worth decoding.
      return;
    auto line = logs::decode_record(x.body);
    if (!line) {
      ++damaged_;
      return;
    }
    line->time_ns = x.time_ns;
    line->offset = x.offset;
    if (what_.query->matches({*line, x.host, host->second}))
      matched(x, std::move(*line));
  }

  void miss(const error& why) override {
    if (damage_.empty())
      damage_ = "some lines do not read: " + why.detail;
  }

  /// What was left out; empty: nothing.
  std::string damage() const {
    if (damage_.empty() && damaged_ > 0)
      return "some lines do not decode";
    return damage_;
  }

protected:
  /// Whether a line would be of use if it matched.
  virtual bool wants(const logs::kept_line&) { return true; }
  virtual void matched(const logs::kept_line& x, logs::record line) = 0;

  const lines_wanted& what_;

private:
  const logs::line_condition condition_;
  const std::string_view word_; ///< That each line that matches has.
  size_t damaged_ = 0;
  std::string damage_;
};

/// Keeps the first lines in the order asked for, and one more, which tells that there are more.
class line_finder final : public line_judge {
public:
  using line_judge::line_judge;

  bool is_done(int64_t bound_ns) override {
    if (kept_.size() <= what_.limit)
      return false;
    auto worst = kept_.front().what.time_ns;
    return what_.newest_first ? worst > bound_ns : worst < bound_ns;
  }

  lines_had result(bool is_whole) {
    std::sort(kept_.begin(), kept_.end(), [this](const auto& a, const auto& b) {
      return comes_first(a, b);
    });
    lines_had out;
    out.cut = !is_whole ? line_cut::time : line_cut::none;
    if (kept_.size() > what_.limit) {
      kept_.resize(what_.limit);
      if (out.cut == line_cut::none)
        out.cut = line_cut::limit;
    }
    out.lines = std::move(kept_);
    return out;
  }

private:
  bool wants(const logs::kept_line& x) override {
    line_place place{x.time_ns, x.n};
    if (what_.after && (what_.newest_first ? place >= *what_.after : place <= *what_.after))
      return false;
    if (kept_.size() <= what_.limit)
      return true;
    line_place worst{kept_.front().what.time_ns, kept_.front().n};
    return what_.newest_first ? place > worst : place < worst;
  }

  bool comes_first(const found_log_line& a, const found_log_line& b) const {
    line_place x{a.what.time_ns, a.n}, y{b.what.time_ns, b.n};
    return what_.newest_first ? x > y : x < y;
  }

  void matched(const logs::kept_line& x, logs::record line) override {
    auto before = [this](const auto& a, const auto& b) { return comes_first(a, b); };
    kept_.push_back({x.n, x.source, x.host, std::move(line)});
    std::push_heap(kept_.begin(), kept_.end(), before); // The last of them is in front.
    if (kept_.size() > what_.limit + 1) {
      std::pop_heap(kept_.begin(), kept_.end(), before);
      kept_.pop_back();
    }
  }

  std::vector<found_log_line> kept_;
};

class line_counter final : public line_judge {
public:
  line_counter(const lines_wanted& what, logs::buckets& to) : line_judge(what), to_(to) {}

  bool is_done(int64_t) override { return false; }

private:
  void matched(const logs::kept_line& x, logs::record) override { to_.add(x.time_ns); }

  logs::buckets& to_;
};

class embedded_lines final : public line_store {
public:
  explicit embedded_lines(std::unique_ptr<logs::line_shelf> shelf) : shelf_(std::move(shelf)) {}

  expected<void> take(const std::string& host_id,
                      std::vector<logs::record> lines,
                      int64_t now_ns,
                      std::function<void(expected<lines_stored>)> then) override {
    std::map<std::string, uint64_t, std::less<>> sources;
    std::vector<logs::new_line> kept;
    std::vector<uint64_t> source_of;
    kept.reserve(lines.size());
    source_of.reserve(lines.size());
    for (const auto& x : lines) {
      auto it = sources.find(x.source);
      if (it == sources.end())
        it = sources.emplace(x.source, line_source_hash(host_id, x.source)).first;
      kept.push_back({x.time_ns, it->second, x.offset, logs::encode_record(x)});
      source_of.push_back(it->second);
    }
    auto told = [then = std::move(then),
                 source_of = std::move(source_of)](expected<logs::batch_kept> x) {
      then(x.map([&](const logs::batch_kept& k) {
        lines_stored out{k.taken, k.duplicates};
        for (size_t i = 0; i < std::min(source_of.size(), k.places.size()); ++i)
          out.places.push_back({{k.places[i].time_ns, k.places[i].n}, source_of[i]});
        return out;
      }));
    };
    if (!shelf_->take(host_id, std::move(kept), now_ns, std::move(told)))
      return fail(ec::overloaded, "too many lines wait to be stored");
    return {};
  }

  expected<lines_had> find(const lines_wanted& what) override {
    line_finder finder{what};
    return scan(what, finder).map([&](bool is_whole) {
      auto out = finder.result(is_whole);
      out.damage = finder.damage();
      return out;
    });
  }

  expected<lines_counted> count(const lines_wanted& what, logs::buckets& to) override {
    line_counter counter{what, to};
    return scan(what, counter).map([&](bool is_whole) {
      return lines_counted{is_whole, counter.damage()};
    });
  }

  expected<void> tidy(int64_t now_ns) override {
    static auto bytes =
      metrics::gauge_of("aops_log_store_bytes", "Files of lines that hosts sent.");
    static auto files = metrics::gauge_of("aops_log_store_files", "How many files these are.");
    auto done = shelf_->tidy(now_ns);
    if (!done)
      return fail(std::move(done.error()));
    auto standing = shelf_->standing();
    bytes.set(static_cast<double>(standing.bytes));
    files.set(static_cast<double>(standing.files));
    return {};
  }

private:
  expected<bool> scan(const lines_wanted& what, line_judge& judge) {
    if (what.hosts->empty() || what.start_ns >= what.end_ns)
      return true;
    logs::shelf_scan how;
    how.start_ns = what.start_ns;
    how.end_ns = what.end_ns;
    how.newest_first = what.newest_first;
    how.deadline = what.deadline;
    how.words = words_for(what);
    auto done = shelf_->scan(how, judge);
    if (auto damage = judge.damage(); !damage.empty())
      log::error("lines-damaged", "of hosts; they were left out: {}", damage);
    return done;
  }

  std::unique_ptr<logs::line_shelf> shelf_;
};

} // namespace

expected<std::shared_ptr<line_store>> open_embedded_lines(const embedded_lines_config& config,
                                                          int64_t now_ns) {
  logs::shelf_config shelf;
  shelf.directory = config.directory;
  shelf.keep_ns = config.keep_ms * 1'000'000;
  shelf.max_bytes = config.max_bytes;
  shelf.words = [](std::string_view body, const std::function<void(std::string_view)>& take) {
    if (auto line = logs::decode_record(body))
      logs::words_of_line(*line, take);
  };
  shelf.host_word = logs::host_word;
  shelf.is_same = logs::same_message;
  auto opened = logs::line_shelf::open(std::move(shelf), now_ns);
  if (!opened)
    return fail(std::move(opened.error()));
  return std::shared_ptr<line_store>{std::make_shared<embedded_lines>(std::move(*opened))};
}

} // namespace aops::actors
