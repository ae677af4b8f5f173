#include "runtime/core/task/modules.hpp"

#include "runtime/base/near_name.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace aops::task {

namespace {

constexpr std::string_view builtin = "ansible.builtin";

struct collection {
  std::vector<std::string_view> names;
  std::unordered_set<std::string_view> known;
};

using collections = std::unordered_map<std::string_view, collection>;

std::vector<std::string_view> words_in(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    auto end = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

const collections& all() {
  static const collections it = [] {
    collections out;
    for (auto line : module_lines()) {
      auto words = words_in(line);
      auto& c = out[words.front()];
      c.names.assign(words.begin() + 1, words.end());
      c.known.insert(c.names.begin(), c.names.end());
    }
    return out;
  }();
  return it;
}

/// Collection and name within it. `ansible.legacy` is what is built in, and what lies beside.
std::pair<std::string_view, std::string_view> parts_of(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == name.npos)
    return {builtin, name};
  auto of = name.substr(0, dot);
  return {of == "ansible.legacy" ? builtin : of, name.substr(dot + 1)};
}

} // namespace

bool is_module(std::string_view name) {
  auto [of, word] = parts_of(name);
  auto found = all().find(of);
  return found != all().end() && found->second.known.contains(word);
}

std::string nearest_module(std::string_view name) {
  auto [of, word] = parts_of(name);
  auto found = all().find(of);
  return found == all().end() ? std::string{} : base::did_you_mean(word, found->second.names);
}

} // namespace aops::task
