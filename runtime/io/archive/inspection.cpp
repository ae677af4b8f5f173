#include "runtime/io/archive/inspection.hpp"

#include "runtime/base/sha256_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::archive {

namespace {

bool is_yaml(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

class collector final : public visitor {
public:
  explicit collector(inspection& to) : to_(to) {}

  expected<void> begin(const entry& x) override {
    if (x.kind == entry_kind::file) {
      name_ = x.name;
      text_.clear();
      bytes_ = 0;
      digest_ = base::sha256_stream{};
    }
    if (x.kind != entry_kind::folder)
      to_.names.insert(x.name);
    return {};
  }

  expected<void> bytes(std::string_view part) override {
    digest_.add(part);
    bytes_ += part.size();
    if (is_yaml(name_) && bytes_ <= longest_text && kept_ + bytes_ <= most_text_bytes)
      text_.append(part);
    return {};
  }

  expected<void> end() override {
    lines_[name_] = fmt::format("{} {}", bytes_, digest_.hex().substr(0, 16));
    if (is_yaml(name_) && text_.size() == bytes_) {
      kept_ += bytes_;
      to_.texts.emplace(name_, std::move(text_));
    }
    return {};
  }

  void finish() {
    strip(root());
    for (const auto& [name, about] : lines_)
      to_.listing += fmt::format("{} {}\n", about, name);
  }

private:
  /// The folder that all lies in, with its slash.
  std::string root() const {
    std::string top;
    for (const auto& name : to_.names) {
      auto slash = name.find('/');
      auto first = name.substr(0, slash);
      if (slash == name.npos || first == "roles" || first == "files" ||
          (!top.empty() && first != top))
        return {};
      top = first;
    }
    return top.empty() ? top : top + "/";
  }

  void strip(const std::string& root) {
    if (root.empty())
      return;
    auto renamed = [&](auto& all) {
      std::remove_reference_t<decltype(all)> out;
      for (auto& [name, value] : all)
        out.emplace(name.substr(root.size()), std::move(value));
      all = std::move(out);
    };
    renamed(to_.texts);
    renamed(lines_);
    std::set<std::string> names;
    for (const auto& name : to_.names)
      names.insert(name.substr(root.size()));
    to_.names = std::move(names);
  }

  inspection& to_;
  std::map<std::string, std::string> lines_;
  std::string name_, text_;
  size_t bytes_ = 0, kept_ = 0;
  base::sha256_stream digest_;
};

} // namespace

expected<inspection> inspect(const byte_source& source, const limits& most) {
  inspection out;
  collector to{out};
  auto read = read_archive(source, most, to);
  if (!read)
    return fail(std::move(read.error()));
  out.facts = std::move(*read);
  to.finish();
  return out;
}

} // namespace aops::archive
