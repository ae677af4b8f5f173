#include "runtime/base/near_name.hpp"
#include "runtime/base/yaml.hpp"
#include "runtime/core/tracing/model.hpp"
#include "runtime/core/tracing/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace aops::tracing {

namespace {

constexpr size_t most_items = 2000; ///< Of any list of a model.
constexpr size_t most_text = 1024;

constexpr std::array<std::string_view, 24> fields = {"feature",
                                                     "description",
                                                     "osType",
                                                     "path",
                                                     "type",
                                                     "spacer",
                                                     "comments",
                                                     "not_comments",
                                                     "inline_comments",
                                                     "bare_options",
                                                     "directives",
                                                     "continuation",
                                                     "ignore_case",
                                                     "collapse_blanks",
                                                     "trim",
                                                     "headers",
                                                     "columns",
                                                     "key",
                                                     "options",
                                                     "sections",
                                                     "unordered",
                                                     "secrets",
                                                     "validate",
                                                     "activate"};

/// `sshd_config` of `sshd_config.yml`; empty when it is no such name.
std::string_view model_name(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  auto dot = file.rfind('.');
  if (dot == file.npos)
    return {};
  auto ending = file.substr(dot);
  auto name = file.substr(0, dot);
  constexpr size_t most = 64;
  bool is_name =
    !name.empty() && name.size() <= most && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.';
    });
  bool is_known = ending == ".yml" || ending == ".yaml" || ending == ".json";
  return is_name && is_known ? name : std::string_view{};
}

/// Takes the fields of a model out of its document; stops at the first fault.
class model_reader {
public:
  model_reader(std::string_view file, std::string_view text, const json& document)
      : file_(file), text_(text), document_(document) {}

  expected<model> run() {
    if (!document_.is_object())
      return refuse("", "must be an object");
    for (const auto& [name, value] : document_.items())
      if (std::find(fields.begin(), fields.end(), name) == fields.end())
        return refuse(name, "unknown" + base::did_you_mean(name, fields));
    out_.name = model_name(file_);
    out_.origin = file_;
    out_.os_type = "*";
    read_type();
    take_text("feature", out_.feature, true);
    take_text("description", out_.description);
    take_text("osType", out_.os_type);
    read_paths();
    read_syntax();
    read_sections();
    take_list("unordered", out_.unordered);
    take_list("secrets", out_.secrets);
    take_text("validate", out_.validate);
    take_text("activate", out_.activate);
    if (!fault_.empty())
      return fail(ec::bad_request, fault_);
    return std::move(out_);
  }

private:
  tl::unexpected<error> refuse(std::string_view field, std::string_view why) {
    note(field, why);
    return fail(ec::bad_request, fault_);
  }

  void note(std::string_view field, std::string_view why) {
    if (!fault_.empty())
      return;
    auto place = base::place_of(text_, field.empty() ? std::string{} : fmt::format(".{}", field));
    fault_ = fmt::format(
      "{}:{}: {}{}{}", file_, place ? place->line : 1, field, field.empty() ? "" : ": ", why);
  }

  const json* find(const char* name) const {
    auto it = document_.find(name);
    return it == document_.end() ? nullptr : &*it;
  }

  bool is_fair(const json& x) const {
    return x.is_string() && x.get_ref<const std::string&>().size() <= most_text &&
           x.get_ref<const std::string&>().find_first_of("\n\r") == std::string::npos;
  }

  void take_text(const char* name, std::string& to, bool is_required = false) {
    const auto* x = find(name);
    if (!x && is_required)
      note(name, "is missing");
    if (x && (!is_fair(*x) || (is_required && x->get_ref<const std::string&>().empty())))
      note(name, "must be a text of one line");
    else if (x)
      to = x->get<std::string>();
  }

  void take_flag(const char* name, bool& to) {
    const auto* x = find(name);
    if (x && !x->is_boolean())
      note(name, "must be true or false");
    else if (x)
      to = x->get<bool>();
  }

  void take_list(const char* name, std::vector<std::string>& to) {
    if (const auto* x = find(name))
      list_of(name, *x, to);
  }

  void list_of(const std::string& name, const json& x, std::vector<std::string>& to) {
    bool is_list = x.is_array() && x.size() <= most_items &&
                   std::all_of(x.begin(), x.end(), [&](const json& item) {
                     return is_fair(item) && !item.get_ref<const std::string&>().empty();
                   });
    if (!is_list) {
      note(name, "must be a list of texts");
      return;
    }
    to.clear();
    for (const auto& item : x)
      to.push_back(item.get<std::string>());
  }

  void read_type() {
    const auto* x = find("type");
    if (!x || !x->is_string()) {
      note("type", x ? "must be a text" : "is missing");
      return;
    }
    file_type type{};
    auto word = x->get<std::string>();
    if (!from_text(word, type))
      note("type", fmt::format("unknown type{}", base::did_you_mean(word, file_type_names)));
    else
      out_.how = syntax_of(type);
  }

  void read_paths() {
    const auto* x = find("path");
    if (x && x->is_string())
      out_.paths.push_back(x->get<std::string>());
    else
      take_list("path", out_.paths);
    if (out_.paths.empty())
      note("path", "is missing");
    for (const auto& path : out_.paths)
      if (!check_path(path))
        note("path", "must be the absolute path of a file, without `.` and `..`");
  }

  bool is_of(std::initializer_list<file_type> allowed) const {
    return std::find(allowed.begin(), allowed.end(), out_.how.type) != allowed.end();
  }

  /// A field that a type has no use for is a mistake.
  void only_for(const char* name, std::initializer_list<file_type> allowed) {
    if (find(name) && !is_of(allowed))
      note(name, fmt::format("means nothing for the type {}", to_string(out_.how.type)));
  }

  void read_syntax() {
    using enum file_type;
    auto& how = out_.how;
    only_for("spacer", {ini, key_value, sshd});
    only_for("inline_comments", {ini, key_value, sshd, table});
    only_for("bare_options", {ini, key_value, sshd});
    only_for("directives", {ini});
    only_for("continuation", {ini, key_value, sshd});
    only_for("ignore_case", {ini, key_value, sshd});
    only_for("collapse_blanks", {ini, key_value, sshd});
    only_for("trim", {text});
    only_for("headers", {sshd});
    only_for("columns", {table});
    only_for("key", {table});
    only_for("comments", {ini, key_value, sshd, table, text, file_type::json});
    only_for("not_comments", {ini, key_value, sshd, table, text});
    take_text("spacer", how.spacer);
    if (find("spacer") &&
        (how.spacer.empty() || how.spacer.find_first_not_of("=: ") != std::string::npos))
      note("spacer", "must be `=`, `:`, a blank, or several of them");
    take_list("comments", how.comments);
    take_list("not_comments", how.not_comments);
    take_flag("inline_comments", how.inline_comments);
    take_flag("bare_options", how.bare_options);
    take_text("directives", how.directives);
    take_flag("ignore_case", how.ignore_case);
    take_flag("collapse_blanks", how.collapse_blanks);
    take_flag("trim", how.trim);
    take_list("headers", how.headers);
    if (const auto* x = find("continuation"))
      if (!x->is_string() || !from_text(x->get<std::string>(), how.continuation))
        note("continuation", "must be none, indent or backslash");
    read_columns();
  }

  void read_columns() {
    auto& how = out_.how;
    take_list("columns", how.columns);
    take_text("key", how.key);
    if (how.type != file_type::table)
      return;
    if (!find("columns") || how.columns.empty() || how.columns.size() > 32)
      note("columns", "must be a list of 1 to 32 texts");
    auto key = std::find_if(how.columns.begin(), how.columns.end(), [&](const std::string& x) {
      return x == how.key || x == how.key + "...";
    });
    if (key == how.columns.end())
      note("key", "must be one of the columns");
  }

  void read_sections() {
    if (const auto* x = find("options")) {
      section_rule all;
      list_of("options", *x, all.options);
      out_.sections.push_back(std::move(all));
    }
    const auto* x = find("sections");
    if (!x)
      return;
    if (!x->is_object() || x->size() > most_items) {
      note("sections", "must be an object with a list of options for each section");
      return;
    }
    for (const auto& [name, options] : x->items()) {
      section_rule rule{name, {}};
      list_of("sections." + name, options, rule.options);
      out_.sections.push_back(std::move(rule));
    }
  }

  std::string_view file_, text_;
  const json& document_;
  model out_;
  std::string fault_;
};

} // namespace

expected<model> read_model(std::string_view file_name, std::string_view text) {
  if (model_name(file_name).empty())
    return fail(ec::bad_request,
                fmt::format("{}:1: the name must be NAME.yml, NAME.yaml or NAME.json", file_name));
  if (text.size() > most_model_bytes)
    return fail(ec::bad_request,
                fmt::format("{}:1: more than {} bytes", file_name, most_model_bytes));
  auto document = parse(text, syntax_of(file_type::yaml));
  if (!document) {
    // `line 3: reason`
    std::string_view why = document.error().detail;
    why.remove_prefix(std::min(why.find(' ') + 1, why.size()));
    return fail(ec::bad_request, fmt::format("{}:{}", file_name, why));
  }
  return model_reader{file_name, text, document->values()}.run();
}

} // namespace aops::tracing
