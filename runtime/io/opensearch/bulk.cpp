#include "runtime/io/opensearch/bulk.hpp"

#include "runtime/io/opensearch/search_client.hpp"

#include <fmt/format.h>

namespace aops::opensearch {

namespace {

item_fate fate_of(int64_t status) {
  if (status >= 200 && status < 300)
    return item_fate::stored;
  if (status == 409)
    return item_fate::known;
  return status == 429 || status >= 500 ? item_fate::later : item_fate::refused;
}

} // namespace

std::string bulk_body(const std::vector<const bulk_document*>& all) {
  std::string out;
  size_t bytes = 0;
  for (const auto* x : all)
    bytes += x->id.size() + x->source.size() + 32;
  out.reserve(bytes);
  for (const auto* x : all)
    out.append(R"({"create":{"_id":")")
      .append(x->id)
      .append("\"}}\n")
      .append(x->source)
      .append("\n");
  return out;
}

expected<std::vector<item_outcome>> read_bulk(const base::json& answer, size_t count) {
  auto wrong = [] { return fail(ec::query_failed, "the answer to a bulk does not read"); };
  if (!answer.is_object() || !answer.contains("items") || !answer["items"].is_array() ||
      answer["items"].size() != count)
    return wrong();
  std::vector<item_outcome> out;
  out.reserve(count);
  for (const auto& item : answer["items"]) {
    if (!item.is_object() || item.size() != 1 || !item.begin()->is_object())
      return wrong();
    const auto& told = *item.begin();
    auto status = told.find("status");
    if (status == told.end() || !status->is_number_integer())
      return wrong();
    auto& x = out.emplace_back();
    x.fate = fate_of(status->get<int64_t>());
    if (auto index = told.find("_index"); index != told.end() && index->is_string())
      x.index = index->get<std::string>();
    if (x.fate == item_fate::later || x.fate == item_fate::refused)
      x.reason = reason_of({static_cast<int>(status->get<int64_t>()), told});
  }
  return out;
}

} // namespace aops::opensearch
