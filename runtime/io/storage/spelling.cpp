#include "runtime/io/storage/spelling.hpp"

namespace aops::storage {

std::string joined(dialect::columns names, std::string_view by) {
  std::string out;
  for (auto name : names) {
    if (!out.empty())
      out += by;
    out += name;
  }
  return out;
}

std::string row_of(std::string_view table,
                   dialect::columns keys,
                   dialect::columns others,
                   std::string_view last) {
  std::string out{table};
  out += " (" + joined(keys);
  if (others.size() > 0)
    out += ", " + joined(others);
  if (!last.empty())
    out.append(", ").append(last);
  out += ") values (";
  for (size_t i = 0; i < keys.size() + others.size() + !last.empty(); ++i)
    out += i == 0 ? "?" : ", ?";
  return out + ")";
}

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
  return text;
}

} // namespace aops::storage
