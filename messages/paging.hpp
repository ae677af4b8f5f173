#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

/// What lists share. See docs/reference/rest.md#paging.
namespace aops {

/// Order and page of a list; both of `page` and `per_page` or the list is unpaged.
struct paging {
  std::string sort; ///< Empty: unsorted, that is by id.
  bool descending = false;
  int64_t page = 0;     ///< From 1; 0 = unpaged.
  int64_t per_page = 0; ///< 1–50 by contract, unbounded for diagnosis tasks; 0 = unpaged.
  constexpr bool is_paged() const { return page > 0 && per_page > 0; }
};

/// The contract's total_page: ceil(total / per_page), 1 when unpaged, 0 when nothing matches.
constexpr int64_t total_pages(int64_t total, int64_t per_page) {
  return total == 0 ? 0 : per_page <= 0 ? 1 : (total - 1) / per_page + 1;
}

/// Which of so many rows stand on the page asked for; all when unpaged, none past the end.
struct row_range {
  int64_t first = 0, count = 0;
};
constexpr row_range rows_of(const paging& p, int64_t total) {
  if (!p.is_paged())
    return {0, total};
  // By division: page and size may be anything, and their product would overflow.
  if (p.page - 1 > total / p.per_page)
    return {total, 0};
  auto first = (p.page - 1) * p.per_page;
  return {first, std::min(p.per_page, total - first)};
}

/// For lists whose pages may have any size.
inline constexpr int64_t any_page_size = std::numeric_limits<int64_t>::max();

/// The optional paging members of a request as `paging`.
template <class Request>
paging paging_of(const Request& q) {
  paging p;
  p.sort = q.sort.value_or("");
  p.descending = q.direction.value_or("asc") == "desc" && !p.sort.empty();
  if (q.page && q.per_page) {
    p.page = *q.page;
    p.per_page = *q.per_page;
  }
  return p;
}

} // namespace aops

/// The four paging members of a request struct, and their description.
#define AOPS_PAGING_MEMBERS                                                                        \
  maybe<std::string> sort, direction;                                                              \
  maybe<int64_t> page, per_page;
#define AOPS_PAGING_FIELDS(F, sorts, most)                                                         \
  F(sort, optional_field().one_of(sorts), "Empty: by id.")                                         \
  F(direction, optional_field().one_of("asc|desc"), "Of `sort`; default `asc`.")                   \
  F(page,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "From 1; with `per_page`, else everything is listed. Past the end it is empty.")               \
  F(per_page, optional_field().range(1, most), "Rows of a page.")
#define AOPS_TOTAL_MEMBERS int64_t total_count = 0, total_page = 0;
#define AOPS_TOTAL_FIELDS(F)                                                                       \
  F(total_count, required(), "Rows that match, on all pages.")                                     \
  F(total_page, required(), "1 when unpaged, 0 when nothing matches.")
