#include "runtime/core/notify/link.hpp"

namespace aops::notify {

namespace {

std::string below(std::string pages, std::string_view folder, const std::string& id) {
  if (pages.empty() || id.empty())
    return {};
  while (pages.ends_with('/'))
    pages.pop_back();
  return pages.append(folder).append(id); // Ids are hex digits.
}

} // namespace

std::string host_link(const told_alert& x, const std::string& pages) {
  return below(pages, "/ui/hosts/", x.host_id);
}

std::string link_of(const told_alert& x, const std::string& pages) {
  return x.report_id.empty() ? host_link(x, pages) : below(pages, "/ui/reports/", x.report_id);
}

} // namespace aops::notify
