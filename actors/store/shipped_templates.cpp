#include "actors/store/shipped_templates.hpp"

#include "actors/store/package_checking.hpp"
#include "actors/store/shipped_files.hpp"
#include "actors/store/template_reading.hpp"
#include "runtime/base/tar_gz.hpp"

#include <fmt/format.h>

#include <map>

namespace aops::actors {

namespace {

/// A template with its archive.
struct shipped {
  std::string bytes;
  storage::archive_facts facts;
  storage::new_template row;
};

using all_shipped = std::map<std::string, shipped, std::less<>>;

expected<shipped> make(const std::string& name, std::vector<base::packed_file> files) {
  auto bytes = base::tar_gz(std::move(files));
  if (!bytes)
    return fail(std::move(bytes.error()));
  shipped out;
  out.bytes = std::move(*bytes);
  auto facts = examine(source_of(out.bytes), {});
  if (!facts)
    return fail(std::move(facts.error()));
  out.facts = std::move(*facts);
  auto read = read_package(template_package_to_import{name},
                           {0, out.facts.digest, AOPS_VERSION, out.facts.listing, out.facts.texts});
  if (!read)
    return fail(std::move(read.error()));
  out.row = std::move(read->row);
  out.row.shipped = AOPS_VERSION;
  out.row.replace = true;
  return out;
}

/// Made once: what is built in does not change. A test makes sure that each can be read.
const expected<all_shipped>& all() {
  static const expected<all_shipped> it = []() -> expected<all_shipped> {
    std::map<std::string, std::vector<base::packed_file>> files;
    for (const auto& x : shipped_files())
      files[std::string{x.of}].push_back(
        {std::string{x.name}, std::string{x.content}, x.is_executable});
    all_shipped out;
    for (auto& [name, parts] : files) {
      auto made = make(name, std::move(parts));
      if (!made)
        return fail(made.error().code, fmt::format("template {}: {}", name, made.error().detail));
      out.emplace(name, std::move(*made));
    }
    return out;
  }();
  return it;
}

} // namespace

std::vector<std::string> shipped_template_names() {
  std::vector<std::string> out;
  if (all())
    for (const auto& [name, x] : *all())
      out.push_back(name);
  return out;
}

expected<shipped_templates_imported> give_shipped_templates(storage::database& db,
                                                            std::string_view owner,
                                                            std::string_view user,
                                                            const std::vector<std::string>& names,
                                                            int64_t now_ms) {
  const auto& known = all();
  if (!known)
    return fail(known.error());
  auto wanted = names.empty() ? shipped_template_names() : names;
  for (size_t i = 0; i < wanted.size(); ++i)
    if (!known->contains(wanted[i]))
      return fail(ec::bad_request,
                  fmt::format("template_list[{}]: no template of this name comes with aops", i));
  storage::template_repository templates{db};
  auto there = templates.shipped(owner, wanted);
  if (!there)
    return fail(std::move(there.error()));
  shipped_templates_imported out;
  for (const auto& name : wanted) {
    const auto& x = known->find(name)->second;
    auto old = there->find(name);
    if (old != there->end() && old->second.release.empty()) {
      out.changed_by_user.push_back(name);
      continue;
    }
    auto archive = storage::package_repository{db}.store(x.bytes, x.facts, now_ms);
    if (!archive)
      return fail(std::move(archive.error()));
    auto row = x.row;
    row.user = user;
    row.archive = *archive;
    auto version = templates.add(owner, row, now_ms);
    if (!version)
      return fail(std::move(version.error()));
    bool is_same = old != there->end() && old->second.version == *version;
    (is_same ? out.unchanged : out.imported).push_back(name);
  }
  return out;
}

} // namespace aops::actors
