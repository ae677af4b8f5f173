#include "cli/node/keep_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

namespace aops::node {

namespace {

bool is_metric_name(std::string_view name) {
  auto is_fine = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == ':'; };
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), is_fine);
}

} // namespace

expected<std::shared_ptr<const check::keep_list>> load_keep_list(const std::string& file) {
  std::stringstream text;
  if (file.empty()) {
    text << built_in_keep_list;
  } else {
    std::ifstream in{file};
    if (!in)
      return fail(ec::bad_request, file + ": cannot be read");
    text << in.rdbuf();
  }
  auto list = std::make_shared<check::keep_list>();
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    line.erase(std::min(line.find('#'), line.size()));
    line.erase(
      std::remove_if(line.begin(), line.end(), [](unsigned char c) { return std::isspace(c); }),
      line.end());
    if (line.empty())
      continue;
    if (!is_metric_name(line))
      return fail(
        ec::bad_request,
        fmt::format("{}:{}: is no metric name", file.empty() ? "keep_list" : file, number));
    list->insert(line);
  }
  return list;
}

} // namespace aops::node
