#include "runtime/core/tracing/model.hpp"

#include "runtime/base/faults.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/core/tracing/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace aops::tracing {

namespace {

/// `*` and `?` stand for what is within one part of a path.
bool fits(std::string_view path, std::string_view pattern) {
  size_t i = 0, j = 0, star = pattern.npos, after = 0;
  while (i < path.size()) {
    if (j < pattern.size() && pattern[j] == '*') {
      star = j++;
      after = i;
    } else if (j < pattern.size() &&
               (pattern[j] == path[i] || (pattern[j] == '?' && path[i] != '/'))) {
      ++i, ++j;
    } else if (star != pattern.npos && path[after] != '/') {
      i = ++after;
      j = star + 1;
    } else {
      return false;
    }
  }
  while (j < pattern.size() && pattern[j] == '*')
    ++j;
  return j == pattern.size();
}

/// Whether a name fits one that may end in `*`.
bool is_named(std::string_view name, std::string_view rule) {
  if (rule.ends_with('*'))
    return name.starts_with(rule.substr(0, rule.size() - 1));
  return name == rule;
}

/// How well a model fits; nothing is 0.
int os_rank(const model& x, std::string_view os_type) {
  if (x.os_type == "*")
    return 1;
  return os_type.empty() ? 1 : lower(x.os_type) == lower(os_type) ? 2 : 0;
}

int path_rank(const model& x, std::string_view path) {
  int best = 0;
  for (const auto& pattern : x.paths)
    best = std::max(best, pattern == path ? 2 : fits(path, pattern) ? 1 : 0);
  return best;
}

} // namespace

expected<registry> registry::load(std::span<const model_file> files) {
  std::map<std::string, model> by_name;
  base::faults faults;
  for (const auto& file : files) {
    auto x = read_model(file.name, file.text);
    faults.note(x);
    if (x)
      by_name.insert_or_assign(x->name, std::move(*x));
    if (by_name.size() > most_models)
      return fail(ec::bad_request,
                  fmt::format("{}:1: more than {} models", file.name, most_models));
  }
  if (auto fine = faults.all(); !fine)
    return fail(std::move(fine.error()));
  registry out;
  for (auto& [name, x] : by_name)
    out.models_.push_back(std::move(x));
  return out;
}

const model* registry::find(std::string_view path, std::string_view os_type) const {
  const model* best = nullptr;
  auto best_rank = std::pair{0, 0};
  for (const auto& x : models_) {
    auto rank = std::pair{os_rank(x, os_type), path_rank(x, path)};
    if (rank.first > 0 && rank.second > 0 && rank > best_rank) {
      best = &x;
      best_rank = rank;
    }
  }
  return best;
}

const model& registry::find_or_text(std::string_view path, std::string_view os_type) const {
  const auto* found = find(path, os_type);
  return found ? *found : text_model();
}

const model& text_model() {
  static const model it = [] {
    model x;
    x.description = "a file without a model, compared line by line";
    x.os_type = "*";
    x.how = syntax_of(file_type::text);
    return x;
  }();
  return it;
}

namespace {

class searcher {
public:
  searcher(const document& x, const model& by, size_t most) : x_(x), by_(by), most_(most) {}

  std::vector<unknown_part> run() {
    if (by_.sections.empty() || !x_.values().is_object() || by_.how.type == file_type::text)
      return {};
    for (const auto& [section, options] : x_.values().items())
      look_at(section, options);
    std::stable_sort(
      out_.begin(), out_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    out_.resize(std::min(out_.size(), most_));
    return std::move(out_);
  }

private:
  std::string folded(std::string_view name) const {
    return by_.how.ignore_case ? lower(name) : std::string{name};
  }

  void look_at(const std::string& section, const json& options) {
    std::vector<std::string_view> sections, known;
    bool is_known = false, takes_any = false;
    for (const auto& rule : by_.sections) {
      sections.push_back(rule.name);
      if (!is_named(folded(section), folded(rule.name)))
        continue;
      is_known = true;
      takes_any = takes_any || rule.options.empty();
      known.insert(known.end(), rule.options.begin(), rule.options.end());
    }
    if (!is_known) {
      note(x_.line_of(section), section, {}, "section", sections);
      return;
    }
    if (takes_any || !options.is_object())
      return;
    for (const auto& [option, value] : options.items()) {
      auto name = folded(option);
      bool is_there = std::any_of(known.begin(), known.end(), [&](std::string_view rule) {
        return is_named(name, folded(rule));
      });
      if (!is_there)
        note(x_.line_of(section, option), section, option, "option", known);
    }
  }

  void note(size_t line,
            const std::string& section,
            const std::string& option,
            std::string_view what,
            const std::vector<std::string_view>& known) {
    if (out_.size() >= 10 * most_)
      return; // They are sorted by line yet, but the work has an end.
    const auto& name = option.empty() ? section : option;
    out_.push_back(
      {line,
       section,
       option,
       fmt::format(
         "line {}: unknown {} '{}'{}", line, what, name, base::did_you_mean(name, known))});
  }

  const document& x_;
  const model& by_;
  size_t most_;
  std::vector<unknown_part> out_;
};

} // namespace

std::vector<unknown_part> unknown_in(const document& x, const model& by, size_t most) {
  return searcher{x, by, most}.run();
}

} // namespace aops::tracing
