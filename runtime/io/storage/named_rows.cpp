#include "runtime/io/storage/named_rows.hpp"

namespace aops::storage {

void also_either(filter& to,
                 std::string_view column,
                 std::string_view other,
                 const std::vector<std::string>& list) {
  if (list.empty())
    return;
  filter ids(""), names("");
  ids.in(column, list);
  names.in(other, list);
  auto values = ids.values();
  values.insert(values.end(), names.values().begin(), names.values().end());
  to.also_all("(" + ids.where() + " or " + names.where() + ")", values);
}

} // namespace aops::storage
