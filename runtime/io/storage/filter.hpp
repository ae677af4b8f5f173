#pragma once

#include "messages/paging.hpp"
#include "runtime/io/storage/database.hpp"

#include <array>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace aops::storage {

/// Rows that one answer may have.
inline constexpr int64_t most_unpaged = 50'000;

/// Conditions of a query with the values of their marks, grown one by one. It refers to the texts
/// and lists given, which must outlive it: those that would not are refused by the compiler.
class filter {
public:
  /// Longest list of `in`.
  static constexpr size_t most_in_list = 16'384;

  /// `filter("owner = ?", owner)`
  template <class... Args>
  explicit filter(std::string_view condition, Args&&... args) {
    also(condition, std::forward<Args>(args)...);
  }

  template <class... Args>
  filter& also(std::string_view condition, Args&&... args) {
    static_assert((!std::is_same_v<std::remove_cv_t<Args>, std::string> && ...),
                  "the text would be gone before the query");
    const std::array<parameter, sizeof...(Args)> values{parameter(args)...};
    return also_all(condition, values);
  }
  filter& also_all(std::string_view condition, parameters values);

  /// `column in (list)`; an empty list means all.
  template <class T>
  filter& in(std::string_view column, const std::vector<T>& list) {
    if (list.empty())
      return *this;
    if (list.size() == 1) {
      std::string condition{column};
      return also(condition.append(" = ?"), list.front());
    }
    open_list(column, list.size());
    for (size_t i = 0; i < marks_of(list.size()); ++i)
      values_.push_back(parameter(list[std::min(i, list.size() - 1)]));
    return *this;
  }

  filter& in(std::string_view column, const std::vector<std::string>&& list) = delete;

  const std::string& where() const { return where_; }
  const std::vector<parameter>& values() const { return values_; }

  /// The values followed by more, such as those of `limit ? offset ?`.
  template <class... Args>
  std::vector<parameter> values_and(const Args&... args) const {
    auto out = values_;
    (out.push_back(parameter(args)), ...);
    return out;
  }

private:
  /// Lists are filled up to few sizes by repeating their last item, so that few statements are
  /// prepared.
  static size_t marks_of(size_t items);
  void open_list(std::string_view column, size_t items);
  std::string where_;
  std::vector<parameter> values_;
};

/// ec::bad_request when a list of a request is longer than `filter::in` takes.
expected<void> check_length(std::string_view field, size_t items);

/// A name that a request may sort by, and the columns behind it.
struct sort_choice {
  std::string_view name, column;
};

/// ` order by …`: what the request sorts by, else `otherwise`; ties by `tie`, in the same
/// direction.
std::string order_by(const paging& p,
                     std::span<const sort_choice> choices,
                     std::string_view otherwise,
                     std::string_view tie);

/// First row and number of rows of the page asked for; none past the end. ec::bad_request when an
/// unpaged list, or a page, is too long.
struct page_window {
  int64_t offset = 0, limit = 0;
  int64_t total = 0; ///< Of all pages.
};
expected<page_window> window_of(const paging& p, int64_t total);

/// The same, after counting. @param source What stands between `from` and `where`.
expected<page_window>
window_of(database& db, const paging& p, std::string_view source, const filter& matching);

/// Fills in the totals of a page.
template <class Page>
void set_totals(Page& out, int64_t total, const paging& p) {
  out.total_count = total;
  out.total_page = total_pages(total, p.is_paged() ? p.per_page : 0);
}

/// What was found, in the order of the ids that were asked for; each once, whatever is asked twice.
template <class T>
std::vector<T> in_order_of(const std::vector<std::string>& ids,
                           std::unordered_map<std::string, T> found) {
  std::vector<T> out;
  for (const auto& id : ids)
    if (auto i = found.find(id); i != found.end()) {
      out.push_back(std::move(i->second));
      found.erase(i);
    }
  return out;
}

/// Calls `step(part)` with parts of a list that are short enough for one `in`.
template <class T, class Step>
expected<void> for_parts(const std::vector<T>& list, Step step) {
  constexpr size_t most = 512;
  for (size_t i = 0; i < list.size(); i += most) {
    auto end = std::min(i + most, list.size());
    auto done = step(std::vector<T>(list.begin() + static_cast<std::ptrdiff_t>(i),
                                    list.begin() + static_cast<std::ptrdiff_t>(end)));
    if (!done)
      return fail(std::move(done.error()));
  }
  return {};
}

} // namespace aops::storage
