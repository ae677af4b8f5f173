#include "actors/store/template_reading.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/base/yaml.hpp"
#include "runtime/core/task/playbook.hpp"
#include "runtime/core/task/settings.hpp"
#include "runtime/core/task/template_warnings.hpp"

#include <fmt/format.h>

namespace aops::actors {

namespace {

using base::json;
using nlohmann::ordered_json;

constexpr std::string_view manifest_name = "aops.yml";

expected<void> check_size(std::string_view text, std::string_view at) {
  if (text.size() <= task::most_template_bytes)
    return {};
  return fail(ec::bad_request,
              fmt::format("{}: must not be longer than {} bytes", at, task::most_template_bytes));
}

/// YAML files of a package by name, and the names of all its files.
struct package_files {
  std::map<std::string, std::string> texts;
  std::set<std::string> names;
  /// All of them share it: what aliases make of one file is little, of thousands it is not.
  base::yaml_budget left{};
};

package_files files_of(const storage::package_ref& package) {
  package_files out;
  auto texts = json::parse(package.texts, nullptr, false);
  if (texts.is_object())
    for (auto i = texts.begin(); i != texts.end(); ++i)
      if (i->is_string())
        out.texts.emplace(i.key(), i->get<std::string>());
  std::string_view rest = package.listing; // Lines of bytes, digest, name.
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    auto name = line.find(' ', line.find(' ') + 1);
    if (name != line.npos)
      out.names.emplace(line.substr(name + 1));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

/// The same error with the place in the file where it is.
error placed(error e, std::string_view file, std::string_view text) {
  auto end = e.detail.find(": ");
  if (!e.detail.starts_with(file) || end == e.detail.npos)
    return e;
  auto path = e.detail.substr(file.size(), end - file.size());
  if (auto at = base::place_of(text, path))
    e.detail += fmt::format(" (line {}, column {})", at->line, at->column);
  return e;
}

/// A YAML file of the package.
expected<ordered_json> document_of(package_files& files, const std::string& name) {
  auto found = files.texts.find(name);
  if (found == files.texts.end())
    return fail(ec::bad_request,
                files.names.contains(name)
                  ? fmt::format("{}: is too long", name)
                  : fmt::format("package_name: the package has no {}", name));
  auto document = base::parse_yaml(found->second, files.left);
  if (!document)
    return fail(ec::bad_request, fmt::format("{}: {}", name, document.error().detail));
  return document;
}

std::vector<std::string> warned_of(json playbook,
                                   std::string playbook_name,
                                   package_files files,
                                   std::vector<task::parameter> parameters) {
  task::template_parts x;
  x.playbook = std::move(playbook);
  x.playbook_name = std::move(playbook_name);
  x.names = std::move(files.names);
  x.parameters = std::move(parameters);
  for (const auto& [name, text] : files.texts)
    if (auto document = base::parse_yaml(text, files.left))
      x.files.emplace(name, json::parse(document->dump()));
  return task::warnings_of(x);
}

void note_package(storage::new_template& row,
                  const std::string& name,
                  const storage::package_ref& package) {
  row.archive = package.archive;
  row.package_name = name;
  row.package_version = package.version;
}

/// The members of a request that a manifest has, too.
expected<json> settings_given(const template_to_import& x) {
  auto out = json::object();
  if (x.parameters) {
    auto parameters = base::parse_json(x.parameters->text);
    if (!parameters)
      return fail(ec::bad_request, "parameters: " + parameters.error().detail);
    out["parameters"] = std::move(*parameters);
  }
  if (x.idempotent)
    out["idempotent"] = *x.idempotent;
  if (x.after)
    out["after"] = *x.after;
  if (x.timeout)
    out["timeout"] = *x.timeout;
  return out;
}

} // namespace

expected<read_template> read_playbook(const template_to_import& x,
                                      const storage::package_ref* package) {
  constexpr std::string_view at = "template_content";
  const auto& text = x.template_content.text;
  if (auto fine = check_size(text, at); !fine)
    return fail(std::move(fine.error()));
  auto content = base::parse_json(text);
  if (!content)
    return fail(ec::bad_request, fmt::format("{}: {}", at, content.error().detail));
  if (auto fine = task::check_playbook(*content, at); !fine)
    return fail(std::move(fine.error()));
  auto given = settings_given(x);
  if (!given)
    return fail(std::move(given.error()));
  auto settings = task::settings_of(*given, {});
  if (!settings)
    return fail(std::move(settings.error()));
  read_template out;
  out.row.name = x.template_name;
  out.row.content = x.template_content;
  out.row.description = x.description;
  out.row.settings = task::settings_text(*given);
  out.row.replace = x.replace.value_or(false);
  if (package)
    note_package(out.row, *x.package_name, *package);
  out.warnings = warned_of(std::move(*content),
                           std::string{at},
                           package ? files_of(*package) : package_files{},
                           std::move(settings->parameters));
  return out;
}

expected<read_template> read_package(const template_package_to_import& x,
                                     const storage::package_ref& package) {
  auto files = files_of(package);
  auto document = document_of(files, std::string{manifest_name});
  if (!document)
    return fail(std::move(document.error()));
  auto manifest = task::manifest_of(json::parse(document->dump()), manifest_name);
  if (!manifest)
    return fail(placed(
      std::move(manifest.error()), manifest_name, files.texts.at(std::string{manifest_name})));
  auto playbook = document_of(files, manifest->playbook);
  if (!playbook)
    return fail(std::move(playbook.error()));
  auto text = playbook->dump();
  if (auto fine = check_size(text, manifest->playbook); !fine)
    return fail(std::move(fine.error()));
  auto content = json::parse(text);
  if (auto fine = task::check_playbook(content, manifest->playbook); !fine)
    return fail(
      placed(std::move(fine.error()), manifest->playbook, files.texts.at(manifest->playbook)));
  read_template out;
  out.row.name = x.template_name.value_or(manifest->name);
  out.row.content.text = std::move(text);
  out.row.description = x.description.value_or(manifest->description);
  out.row.settings = manifest->settings_text;
  out.row.replace = x.replace.value_or(false);
  note_package(out.row, x.package_name, package);
  out.warnings = warned_of(std::move(content),
                           manifest->playbook,
                           std::move(files),
                           std::move(manifest->settings.parameters));
  return out;
}

std::string comparable(const storage::whole_template& x) {
  auto pretty = [](const std::string& text) {
    auto document = ordered_json::parse(text, nullptr, false);
    return document.is_discarded() ? text : document.dump(2);
  };
  std::string out = pretty(x.content) + "\n";
  out += "description: " + x.description + "\n";
  if (!x.settings.empty())
    out += "settings: " + pretty(x.settings) + "\n";
  if (!x.package_name.empty())
    out += fmt::format("package: {} {}\n{}", x.package_name, x.package_version, x.listing);
  return out;
}

} // namespace aops::actors
