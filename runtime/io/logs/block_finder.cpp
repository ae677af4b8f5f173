#include "runtime/io/logs/block_finder.hpp"

#include "runtime/io/logs/word_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace aops::logs {

namespace {

using kind = block_condition::kind;

/// Of so many words a search asks filters and index; of more, any block may have them.
constexpr size_t most_words_asked = 256;
/// Blocks between two looks at the clock.
constexpr size_t blocks_at_once = 256;
/// Shorter beginnings are those of many words.
constexpr size_t least_head = 3;

/// Ahead of the letters that a word with digits begins with.
constexpr std::string_view head_mark = "__p";
/// What has this ahead is the store's own, and in the index whatever it is made of.
constexpr std::string_view own_mark = "__";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view head_of(std::string_view word) {
  auto end = std::find_if(word.begin(), word.end(), is_digit);
  return word.substr(0, static_cast<size_t>(end - word.begin()));
}

bool is_filtered(std::string_view word) {
  return !word.starts_with(own_mark) && head_of(word).size() < word.size();
}

std::string quoted_word(std::string_view word) { return fmt::format("\"{}\"", word); }

/// Blocks of a range, and which of them may have what.
class range_of_blocks {
public:
  using bits = std::vector<bool>;

  range_of_blocks(sqlite_file& file, const shelf_scan& what) : file_(file), what_(what) {}

  expected<void> read() {
    auto query = file_.prepare("select n, first_ns, last_ns, lines, first_n from block "
                               "where last_ns >= ? and first_ns < ? order by n");
    if (!query)
      return fail(std::move(query.error()));
    query->bind(what_.start_ns).bind(what_.end_ns);
    return each(*query, [&] {
      rows_.push_back({query->integer(0),
                       query->integer(1),
                       query->integer(2),
                       query->integer(3),
                       static_cast<uint64_t>(query->integer(4))});
      return true;
    });
  }

  bool is_late() const { return is_late_; }

  /// Which blocks may meet a condition.
  expected<bits> of(const block_condition& x) {
    note_filtered(x);
    if (auto asked = ask_filters(); !asked)
      return fail(std::move(asked.error()));
    left_ = most_words_asked;
    return meeting(x);
  }

  std::vector<block_row> those(const bits& which) const {
    std::vector<block_row> out;
    for (size_t i = 0; i < rows_.size(); ++i)
      if (which[i])
        out.push_back(rows_[i]);
    return out;
  }

private:
  /// Words that filters are asked for, and which blocks may have them.
  struct filtered_word {
    std::string text;
    uint64_t hash;
    bits in;
  };

  bits none() const { return bits(rows_.size(), false); }
  bits all() const { return bits(rows_.size(), true); }

  template <class Take>
  expected<void> each(sqlite_query& query, Take take) {
    for (;;) {
      auto has = query.next();
      if (!has)
        return fail(std::move(has.error()));
      if (!*has || !take())
        return {};
    }
  }

  std::optional<size_t> place_of(int64_t n) const {
    auto it = std::lower_bound(
      rows_.begin(), rows_.end(), n, [](const block_row& x, int64_t y) { return x.n < y; });
    if (it == rows_.end() || it->n != n)
      return std::nullopt;
    return static_cast<size_t>(it - rows_.begin());
  }

  const filtered_word* filtered(std::string_view word) const {
    auto it = std::find_if(
      filtered_.begin(), filtered_.end(), [&](const auto& x) { return x.text == word; });
    return it == filtered_.end() ? nullptr : &*it;
  }

  void note_filtered(const block_condition& x) {
    for (const auto& part : x.parts)
      note_filtered(part);
    if (x.what == kind::word && is_filtered(x.text) && filtered_.size() < most_words_asked &&
        !filtered(x.text))
      filtered_.push_back({x.text, hash_of_word(x.text), none()});
  }

  /// One reading of the filters for all words.
  expected<void> ask_filters() {
    if (filtered_.empty() || rows_.empty())
      return {};
    auto query = file_.prepare("select n, packed from filter where n between ? and ?");
    if (!query)
      return fail(std::move(query.error()));
    query->bind(rows_.front().n).bind(rows_.back().n);
    size_t seen = 0;
    return each(*query, [&] {
      if (++seen % blocks_at_once == 0 && std::chrono::steady_clock::now() >= what_.deadline) {
        is_late_ = true;
        return false;
      }
      auto place = place_of(query->integer(0));
      if (!place)
        return true;
      auto filter = query->bytes(1);
      for (auto& word : filtered_)
        if (may_have_word(filter, word.hash))
          word.in[*place] = true;
      return true;
    });
  }

  /// Adds the blocks that the index has an expression of.
  expected<void> add_indexed(bits& to, const std::string& expression) {
    auto query =
      file_.prepare("select rowid from word where word match ? and rowid between ? and ?");
    if (!query)
      return fail(std::move(query.error()));
    query->bind_text(expression).bind(rows_.front().n).bind(rows_.back().n);
    return each(*query, [&] {
      if (auto place = place_of(query->integer(0)))
        to[*place] = true;
      return true;
    });
  }

  /// Adds the blocks that have a filter.
  expected<void> add_filters(bits& to) {
    auto query = file_.prepare("select n from filter where n between ? and ?");
    if (!query)
      return fail(std::move(query.error()));
    query->bind(rows_.front().n).bind(rows_.back().n);
    return each(*query, [&] {
      if (auto place = place_of(query->integer(0)))
        to[*place] = true;
      return true;
    });
  }

  expected<bits> with_word(const std::string& word) {
    auto out = none();
    if (is_filtered(word)) {
      const auto* known = filtered(word);
      if (!known)
        return all();
      out = known->in;
    }
    if (auto added = add_indexed(out, quoted_word(word)); !added)
      return fail(std::move(added.error()));
    return out;
  }

  /// Words that begin so, and, of those with digits, what is known of how they begin.
  expected<bits> with_prefix(const std::string& prefix) {
    auto out = none();
    auto added = add_indexed(out, quoted_word(prefix) + " *");
    if (added && !prefix.starts_with(own_mark)) {
      auto head = head_of(prefix);
      auto marked = quoted_word(fmt::format("{}{}", head_mark, head));
      added = head.size() < least_head      ? add_filters(out)
              : head.size() < prefix.size() ? add_indexed(out, marked)
                                            : add_indexed(out, marked + " *");
    }
    if (!added)
      return fail(std::move(added.error()));
    return out;
  }

  expected<bits> meeting(const block_condition& x) {
    switch (x.what) {
    case kind::everything:
      return all();
    case kind::word:
    case kind::prefix:
      if (left_ == 0)
        return all();
      --left_;
      return x.what == kind::word ? with_word(x.text) : with_prefix(x.text);
    case kind::all:
    case kind::any:
      break;
    }
    auto out = x.what == kind::all ? all() : none();
    for (const auto& part : x.parts) {
      auto one = meeting(part);
      if (!one)
        return one;
      for (size_t i = 0; i < out.size(); ++i)
        out[i] = x.what == kind::all ? out[i] && (*one)[i] : out[i] || (*one)[i];
    }
    return out;
  }

  sqlite_file& file_;
  const shelf_scan& what_;
  std::vector<block_row> rows_; ///< By number.
  std::deque<filtered_word> filtered_;
  size_t left_ = 0;
  bool is_late_ = false;
};

} // namespace

expected<void> add_words(sqlite_file& file, int64_t block, const std::set<std::string>& words) {
  std::string indexed;
  std::set<std::string_view> heads;
  std::vector<uint64_t> filtered;
  for (const auto& x : words) {
    if (!is_filtered(x)) {
      indexed += x;
      indexed += ' ';
      continue;
    }
    filtered.push_back(hash_of_word(x));
    if (auto head = head_of(x); head.size() >= least_head)
      heads.insert(head);
  }
  for (auto head : heads)
    indexed += fmt::format("{}{} ", head_mark, head);
  auto word = file.prepare("insert into word (rowid, words) values (?, ?)");
  if (!word)
    return fail(std::move(word.error()));
  if (auto added = word->bind(block).bind_text(indexed).run(); !added || filtered.empty())
    return added;
  auto packed = make_word_filter(std::move(filtered));
  auto filter = file.prepare("insert into filter (n, packed) values (?, ?)");
  if (!filter)
    return fail(std::move(filter.error()));
  return filter->bind(block).bind_blob(packed).run();
}

expected<std::optional<std::vector<block_row>>> find_blocks(sqlite_file& file,
                                                            const shelf_scan& what) {
  range_of_blocks range{file, what};
  if (auto read = range.read(); !read)
    return fail(std::move(read.error()));
  auto which = range.of(what.words);
  if (!which)
    return fail(std::move(which.error()));
  if (range.is_late())
    return std::nullopt;
  return range.those(*which);
}

} // namespace aops::logs
