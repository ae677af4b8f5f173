#include "runtime/io/storage/dump_columns.hpp"

#include "runtime/base/digest.hpp"

namespace aops::storage {

using base::json;

json read_column(const dump_column& x, const row& r, int at) {
  switch (x.what) {
  case dump_column::kind::integer:
    return r.integer(at);
  case dump_column::kind::blob: {
    auto bytes = r.string(at);
    return base::to_hex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  default:
    return r.string(at);
  }
}

const json* dump_values::find(std::string_view name) {
  auto it = row_.find(name);
  if (it != row_.end())
    return &*it;
  missing_ = name;
  return nullptr;
}

int64_t dump_values::integer(std::string_view name) {
  const auto* x = find(name);
  if (!x || !x->is_number_integer()) {
    missing_ = name;
    return 0;
  }
  return x->get<int64_t>();
}

std::string_view dump_values::text(std::string_view name) {
  const auto* x = find(name);
  if (!x || !x->is_string()) {
    missing_ = name;
    return {};
  }
  return x->get_ref<const std::string&>();
}

std::string_view dump_values::blob_of(std::string_view name) {
  auto bytes = base::from_hex(text(name));
  if (!bytes) {
    missing_ = name;
    return {};
  }
  return kept_.emplace_back(std::move(*bytes));
}

expected<void> dump_values::judge() const {
  if (missing_.empty())
    return {};
  return fail(ec::corrupt, "a row lacks `" + missing_ + "`");
}

void cut_to_size(std::vector<dump_row>& rows) {
  size_t bytes = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    bytes += rows[i].text.size();
    if (bytes > most_dump_bytes) {
      rows.resize(i + 1);
      return;
    }
  }
}

std::string marks_for(const std::vector<int64_t>& keys) {
  std::string out;
  for (size_t i = 0; i < keys.size(); ++i)
    out += i ? ", ?" : "(?";
  return out + ")";
}

std::vector<parameter> bound(const std::vector<int64_t>& keys) {
  return {keys.begin(), keys.end()};
}

dump_row as_row(int64_t key, json members) {
  members["n"] = key;
  return {key, members.dump(-1, ' ', false, json::error_handler_t::replace)};
}

} // namespace aops::storage
