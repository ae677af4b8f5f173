// `label_replace` and `label_join`.
#include "runtime/core/promql/run.hpp"

#include <re2/re2.h>

namespace aops::promql {

namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Puts groups of a match where `$1`, `${1}`, `$name` and `${name}` stand; `$$` is a `$`.
std::string expand(std::string_view pattern,
                   const std::vector<re2::StringPiece>& groups,
                   const std::map<std::string, int>& names) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    if (pattern[i + 1] == '$') {
      out += pattern[++i];
      continue;
    }
    bool braces = pattern[i + 1] == '{';
    size_t begin = i + (braces ? 2 : 1), end = begin;
    while (end < pattern.size() && is_word(pattern[end]))
      ++end;
    if (end == begin || (braces && (end == pattern.size() || pattern[end] != '}'))) {
      out += '$'; // Malformed: as it stands.
      continue;
    }
    std::string name(pattern.substr(begin, end - begin));
    size_t group = groups.size();
    if (name.find_first_not_of("0123456789") == std::string::npos && name.size() < 6)
      group = std::stoul(name);
    else if (auto found = names.find(name); found != names.end())
      group = static_cast<size_t>(found->second);
    if (group < groups.size())
      out.append(groups[group].data(), groups[group].size());
    i = braces ? end : end - 1;
  }
  return out;
}

class relabelled : public step {
public:
  relabelled(run& r, std::string target, step_ptr inner)
      : run_(r), target_(std::move(target)), inner_(std::move(inner)) {}
  void at(int64_t t, samples& out) override {
    inner_->at(t, out);
    for (auto& s : out) {
      auto before = s.metric;
      s.metric = known_(before, [&] { return run_.table.intern(changed(run_.table.at(before))); });
      // A name that was just given stays.
      if (target_ == metric_name && replaces(run_.table.at(before)))
        s.drops_name = false;
    }
    run_.check_unique(out);
  }

protected:
  virtual bool replaces(const labels& x) const = 0;
  virtual std::string made(const labels& x) const = 0;

private:
  labels changed(const labels& x) const {
    auto out = x;
    if (replaces(x))
      set_label(out, target_, made(x));
    return out;
  }

  run& run_;
  std::string target_;
  step_ptr inner_;
  label_memo known_;
};

class replaced : public relabelled {
public:
  replaced(run& r, const node& n, step_ptr inner)
      : relabelled(r, bare(*n.children[1]).text, std::move(inner)),
        pattern_(bare(*n.children[2]).text), from_(bare(*n.children[3]).text),
        regex_(anchored(bare(*n.children[4]).text)) {
    if (!regex_)
      r.fail("invalid regular expression in label_replace(): " + bare(*n.children[4]).text);
  }

protected:
  bool replaces(const labels& x) const override {
    auto value = value_of(x, from_);
    return regex_ && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  }
  std::string made(const labels& x) const override {
    auto value = value_of(x, from_);
    re2::StringPiece text(value.data(), value.size());
    std::vector<re2::StringPiece> groups(static_cast<size_t>(regex_->NumberOfCapturingGroups()) +
                                         1);
    regex_->Match(
      text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()));
    return expand(pattern_, groups, regex_->NamedCapturingGroups());
  }

private:
  std::string pattern_, from_;
  std::shared_ptr<const re2::RE2> regex_;
};

class joined : public relabelled {
public:
  joined(run& r, const node& n, step_ptr inner)
      : relabelled(r, bare(*n.children[1]).text, std::move(inner)),
        separator_(bare(*n.children[2]).text) {
    for (size_t i = 3; i < n.children.size(); ++i) {
      from_.push_back(bare(*n.children[i]).text);
      if (from_.back().empty() || !is_utf8(from_.back()))
        r.fail("invalid source label name in label_join(): " + from_.back());
    }
  }

protected:
  bool replaces(const labels&) const override { return true; }
  std::string made(const labels& x) const override {
    std::string out;
    for (size_t i = 0; i < from_.size(); ++i)
      out.append(i == 0 ? "" : separator_).append(value_of(x, from_[i]));
    return out;
  }

private:
  std::string separator_;
  std::vector<std::string> from_;
};

} // namespace

step_ptr make_label_call(run& r, const node& n, step_ptr inner) {
  const auto& target = bare(*n.children[1]).text;
  if (target.empty() || !is_utf8(target))
    r.fail("invalid destination label name in " + std::string(n.function->name) + "(): " + target);
  if (n.function->name == "label_replace")
    return std::make_unique<replaced>(r, n, std::move(inner));
  return std::make_unique<joined>(r, n, std::move(inner));
}

} // namespace aops::promql
