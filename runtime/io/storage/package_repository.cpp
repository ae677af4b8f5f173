#include "runtime/io/storage/package_repository.hpp"

#include "runtime/io/storage/filter.hpp"
#include "runtime/io/storage/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace aops::storage {

namespace {

/// The text as it may stand in `like … escape '!'`.
std::string like_part(std::string_view text) {
  std::string out = "%";
  for (auto c : text) {
    if (c == '%' || c == '_' || c == '!')
      out += '!';
    out += c;
  }
  return out + "%";
}

struct known_upload {
  upload_state state;
  std::string digest;
  int64_t pieces = 0;
};

} // namespace

expected<upload_state> package_repository::begin(std::string_view owner,
                                                 std::string_view user,
                                                 const package_piece& x,
                                                 int64_t now_ms) {
  auto uploads = db_.count("select count(*) from package_upload where owner = ?", owner);
  if (!uploads)
    return fail(std::move(uploads.error()));
  if (*uploads >= most_uploads)
    return fail(ec::overloaded, fmt::format("{} uploads are under way", *uploads));
  auto archive =
    db_.run("insert into package_archive (digest, bytes, format, unpacked_bytes, files, "
            "is_template, listing, texts, created_ms) "
            "values (?, 0, '', 0, 0, 0, '', '', ?)",
            nullptr,
            now_ms);
  if (!archive)
    return fail(std::move(archive.error()));
  upload_state out;
  out.archive = db_.last_id();
  out.total = x.total_bytes;
  auto added = db_.run("insert into package_upload (owner, username, package_name, version, "
                       "description, digest, total_bytes, received_bytes, pieces, archive, "
                       "touched_ms) values (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)",
                       owner,
                       user,
                       x.package_name,
                       x.version.value_or(""),
                       x.description.value_or(""),
                       x.sha256,
                       x.total_bytes,
                       out.archive,
                       now_ms);
  if (!added)
    return fail(std::move(added.error()));
  out.key = db_.last_id();
  return out;
}

expected<upload_state> package_repository::append(std::string_view owner,
                                                  std::string_view user,
                                                  const package_piece& x,
                                                  std::string_view bytes,
                                                  int64_t now_ms) {
  auto version = x.version.value_or("");
  auto there = db_.first(
    "select a.digest from package p join package_archive a on a.n = p.archive "
    "where p.owner = ? and p.package_name = ? and p.version = ?",
    [](const row& r) { return r.string(0); },
    owner,
    x.package_name,
    version);
  if (!there)
    return fail(std::move(there.error()));
  if (*there && **there == x.sha256)
    return upload_state{0, 0, x.total_bytes, x.total_bytes};
  if (*there)
    return fail(ec::conflict, "package_name: another archive has this name and version");
  auto known = db_.first(
    "select n, archive, received_bytes, total_bytes, digest, pieces from "
    "package_upload where owner = ? and package_name = ? and version = ?" +
      std::string{db_.sql().for_update()},
    [](const row& r) {
      return known_upload{
        {r.integer(0), r.integer(1), r.integer(2), r.integer(3)}, r.string(4), r.integer(5)};
    },
    owner,
    x.package_name,
    version);
  if (!known)
    return fail(std::move(known.error()));
  bool is_other =
    *known && ((*known)->digest != x.sha256 || (*known)->state.total != x.total_bytes);
  if (is_other && x.offset == 0) {
    if (auto gone = refuse((*known)->state); !gone)
      return fail(std::move(gone.error()));
    known->reset();
  } else if (is_other) {
    return fail(ec::bad_request, "sha256: another archive of this name is being uploaded");
  }
  if (!*known && x.offset != 0)
    return fail(ec::bad_request, "offset: 0 is wanted, for nothing is here yet");
  known_upload upload;
  if (*known) {
    upload = std::move(**known);
  } else {
    auto begun = begin(owner, user, x, now_ms);
    if (!begun)
      return fail(std::move(begun.error()));
    upload.state = *begun;
  }
  auto& state = upload.state;
  auto end = x.offset + static_cast<int64_t>(bytes.size());
  if (end <= state.received)
    return state;
  if (x.offset != state.received)
    return fail(ec::bad_request, fmt::format("offset: {} is wanted", state.received));
  if (end > state.total)
    return fail(ec::bad_request, "content: is longer than `total_bytes` says");
  state.received = end;
  auto done = in_order(
    [&] {
      return db_.run("insert into package_chunk (archive, position, body) values (?, ?, ?)",
                     state.archive,
                     upload.pieces,
                     blob{bytes});
    },
    [&] {
      return db_.run("update package_upload set received_bytes = ?, pieces = ?, touched_ms = ? "
                     "where n = ?",
                     state.received,
                     upload.pieces + 1,
                     now_ms,
                     state.key);
    });
  if (!done)
    return fail(std::move(done.error()));
  return state;
}

expected<void>
package_repository::publish(const upload_state& x, const archive_facts& facts, int64_t now_ms) {
  auto is_there = db_.integer("select n from package_upload where n = ? and archive = ?" +
                                std::string{db_.sql().for_update()},
                              x.key,
                              x.archive);
  if (!is_there)
    return fail(std::move(is_there.error()));
  if (!*is_there)
    return fail(ec::not_found, "the upload was given up");
  auto same = hold(facts.digest);
  if (!same)
    return fail(std::move(same.error()));
  return in_order(
    [&]() -> expected<void> {
      if (*same)
        return {};
      return only(db_.run("update package_archive set digest = ?, bytes = ?, format = ?, "
                          "unpacked_bytes = ?, files = ?, is_template = ?, listing = ?, "
                          "texts = ? where n = ?",
                          facts.digest,
                          facts.bytes,
                          facts.format,
                          facts.unpacked_bytes,
                          facts.files,
                          facts.is_template,
                          facts.listing,
                          facts.texts,
                          x.archive));
    },
    [&] {
      return db_.run("insert into package (owner, username, package_name, version, description, "
                     "archive, created_ms) select owner, username, package_name, version, "
                     "description, ?, ? from package_upload where n = ?",
                     same->value_or(x.archive),
                     now_ms,
                     x.key);
    },
    [&] { return refuse(x); });
}

expected<void> package_repository::refuse(const upload_state& x) {
  return only(db_.run("delete from package_upload where n = ?", x.key));
}

expected<std::string> package_repository::chunk(int64_t archive, int64_t position) {
  auto found = db_.first(
    "select body from package_chunk where archive = ? and position = ?",
    [](const row& r) { return r.string(0); },
    archive,
    position);
  if (!found)
    return fail(std::move(found.error()));
  return found->value_or("");
}

expected<void> package_repository::add_templates(std::string_view owner,
                                                 std::vector<package_info>& packages,
                                                 const std::vector<int64_t>& archives) {
  std::unordered_multimap<int64_t, package_info*> by_archive;
  for (size_t i = 0; i < packages.size(); ++i)
    by_archive.emplace(archives[i], &packages[i]);
  return for_parts(archives, [&](const std::vector<int64_t>& part) -> expected<void> {
    filter matching("owner = ?", owner);
    matching.in("archive", part);
    return only(db_.list_with("select archive, template_name, package_name from deploy_template "
                              "where " +
                                matching.where() + " order by template_name",
                              matching.values(),
                              [&](const row& r) {
                                auto [from, to] = by_archive.equal_range(r.integer(0));
                                for (auto i = from; i != to; ++i)
                                  if (i->second->package_name == r.text(2))
                                    i->second->template_list.push_back(r.string(1));
                                return true;
                              }));
  });
}

expected<packages_page> package_repository::page(std::string_view owner, const packages_query& q) {
  snapshot view{db_};
  if (!view)
    return fail(view.error());
  auto p = paging_of(q);
  filter matching("p.owner = ?", owner);
  matching.in("p.package_name", q.package_list);
  auto part = like_part(q.search.value_or(""));
  if (part.size() > 2)
    matching.also("p.package_name like ? escape '!'", std::string_view{part});
  auto window = window_of(db_, p, "package p", matching);
  if (!window)
    return fail(std::move(window.error()));
  static constexpr sort_choice choices[] = {
    {"package_name", "p.package_name"}, {"bytes", "a.bytes"}, {"created", "p.created_ms"}};
  std::vector<int64_t> archives;
  auto rows = db_.list_with(
    "select p.package_name, p.version, p.description, a.digest, a.format, a.bytes, "
    "a.unpacked_bytes, a.files, a.is_template, p.username, p.created_ms, p.archive from package p "
    "join package_archive a on a.n = p.archive where " +
      matching.where() + order_by(p, choices, "p.n", "p.n") + " limit ? offset ?",
    matching.values_and(window->limit, window->offset),
    [&](const row& r) {
      package_info x;
      x.package_name = r.string(0);
      x.version = r.string(1);
      x.description = r.string(2);
      x.sha256 = r.string(3);
      x.format = r.string(4);
      x.bytes = r.integer(5);
      x.unpacked_bytes = r.integer(6);
      x.files = r.integer(7);
      x.is_template = r.boolean(8);
      x.username = r.string(9);
      x.created = moment{r.integer(10)};
      archives.push_back(r.integer(11));
      return x;
    });
  if (!rows)
    return fail(std::move(rows.error()));
  if (auto added = add_templates(owner, *rows, archives); !added)
    return fail(std::move(added.error()));
  packages_page out;
  set_totals(out, window->total, p);
  out.package_infos = std::move(*rows);
  return out;
}

expected<package_ref> package_repository::find(std::string_view owner,
                                               const std::string& name,
                                               const std::string& version) {
  filter matching("p.owner = ? and p.package_name = ?", owner, std::string_view{name});
  if (!version.empty())
    matching.also("p.version = ?", std::string_view{version});
  auto found = db_.first_with(
    "select p.archive, a.digest, p.version, a.listing, a.texts from package p join package_archive "
    "a on "
    "a.n = p.archive where " +
      matching.where() + " order by p.created_ms desc, p.n desc limit 1",
    matching.values(),
    [](const row& r) {
      return package_ref{r.integer(0), r.string(1), r.string(2), r.string(3), r.string(4)};
    });
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return fail(ec::bad_request, "package_name: no such package");
  return std::move(**found);
}

expected<int64_t> package_repository::remove(std::string_view owner,
                                             const std::vector<package_key>& packages) {
  int64_t removed = 0;
  auto done = for_each(packages, [&](const package_key& x) -> expected<void> {
    filter matching("owner = ? and package_name = ?", owner, std::string_view{x.package_name});
    if (x.version)
      matching.also("version = ?", std::string_view{*x.version});
    return db_.run_with("delete from package where " + matching.where(), matching.values())
      .map([&](int64_t rows) { removed += rows; });
  });
  if (!done)
    return fail(std::move(done.error()));
  return removed;
}

} // namespace aops::storage
