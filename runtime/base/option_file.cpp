#include "runtime/base/option_file.hpp"

#include "runtime/base/faults.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/base/toml_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace aops::base {

namespace {

class option_reader {
public:
  explicit option_reader(const std::string& file) : file_(file) {}

  void read(const toml::table& table,
            const std::vector<option>& options,
            const std::vector<option_tables>& tables,
            const std::string& prefix) {
    // The library has them by name; faults are told as the lines come.
    std::vector<std::pair<const toml::key*, const toml::node*>> members;
    for (const auto& [key, node] : table)
      members.emplace_back(&key, &node);
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return a.first->source().begin.line < b.first->source().begin.line;
    });
    for (auto [key_pointer, node_pointer] : members) {
      const auto& key = *key_pointer;
      const auto& node = *node_pointer;
      auto name = prefix + std::string{key.str()};
      auto at = place(key.source());
      auto o = std::find_if(
        options.begin(), options.end(), [&](const option& x) { return x.key == key.str(); });
      auto some = std::find_if(
        tables.begin(), tables.end(), [&](const option_tables& x) { return x.key == key.str(); });
      if (o != options.end())
        faults_.note(take(*o, node, name, at));
      else if (some != tables.end())
        read_all(*some, node, at);
      else
        faults_.note(wrong_option(at, name, unknown(key.str(), options, tables)));
    }
  }

  expected<option_origins> result() && {
    if (auto good = faults_.all(); !good)
      return fail(std::move(good.error()));
    return std::move(where_);
  }

private:
  static expected<void>
  wrong_option(const std::string& at, const std::string& name, std::string_view reason) {
    return fail(ec::bad_request, fmt::format("{}: {}: {}", at, name, reason));
  }

  static std::string unknown(std::string_view key,
                             const std::vector<option>& options,
                             const std::vector<option_tables>& tables) {
    std::vector<std::string_view> names;
    for (const auto& o : options)
      names.push_back(o.key);
    for (const auto& t : tables)
      names.push_back(t.key);
    return "unknown key" + did_you_mean(key, names);
  }

  std::string place(const toml::source_region& x) const {
    return fmt::format("{}:{}", file_, x.begin.line);
  }

  expected<void>
  take(const option& o, const toml::node& node, const std::string& name, const std::string& at) {
    where_[name] = at;
    // Words of a command may hold commas, which a text for `set_option` may not.
    if (auto* list = std::get_if<std::vector<std::string>*>(&o.value))
      if (const auto* words = node.as_array(); words && words->is_homogeneous<std::string>()) {
        (*list)->clear();
        for (const auto& word : *words)
          (*list)->push_back(*word.value_exact<std::string>());
        return {};
      }
    auto text = text_for_option(o, node);
    if (!text)
      return wrong_option(at, name, text.error().detail);
    if (auto done = set_option(o, *text).and_then([&] { return check_option(o); }); !done)
      return wrong_option(at, name, done.error().detail);
    return {};
  }

  void read_all(const option_tables& some, const toml::node& node, const std::string& at) {
    const auto* list = node.as_array();
    if (!list || !list->is_homogeneous(toml::node_type::table)) {
      faults_.note(
        wrong_option(at, std::string{some.key}, fmt::format("must be tables: [[{}]]", some.key)));
      return;
    }
    for (size_t i = 0; i < list->size(); ++i) {
      const auto& table = *list->get(i)->as_table();
      auto name = fmt::format("{}[{}]", some.key, i);
      where_[name] = place(table.source());
      read(table, some.add(), {}, name + ".");
    }
  }

  const std::string& file_;
  faults faults_;
  option_origins where_;
};

} // namespace

expected<option_origins> read_option_file(const std::string& file,
                                          const std::vector<option>& options,
                                          const std::vector<option_tables>& tables) {
  auto document = read_toml_file(file);
  if (!document)
    return fail(std::move(document.error()));
  option_reader reader{file};
  reader.read(*document, options, tables, "");
  return std::move(reader).result();
}

std::string option_toml(const std::vector<option>& options, std::string_view mark) {
  std::string out;
  for (const auto& o : options) {
    auto unit = unit_text(o);
    out += fmt::format(
      "{}# {}{}{}{}\n", mark, o.doc, unit.empty() ? "" : " (", unit, unit.empty() ? "" : ")");
    out += fmt::format("{}{} = {}\n", mark, o.key, toml_value(o));
  }
  return out;
}

} // namespace aops::base
