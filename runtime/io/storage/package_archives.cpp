#include "runtime/io/storage/package_repository.hpp"
#include "runtime/io/storage/steps.hpp"

/// The part of `package_repository` that keeps archives as long as somebody needs them.
namespace aops::storage {

namespace {

/// Chunks deleted by one step: few, for they are long.
constexpr int64_t sweep_chunks = 32;

constexpr size_t chunk_bytes = size_t{768} << 10;

/// Nobody needs an archive. A run does until it has ended.
const std::string is_unneeded =
  "not exists (select 1 from package p where p.archive = package_archive.n) and "
  "not exists (select 1 from package_upload u where u.archive = package_archive.n) and "
  "not exists (select 1 from deploy_template t where t.archive = package_archive.n) and "
  "not exists (select 1 from deploy_template_version v where v.archive = package_archive.n) and "
  "not exists (select 1 from deploy_task_template f where f.archive = package_archive.n) and "
  "not exists (select 1 from run_package k join run r on r.job = k.run "
  "where k.archive = package_archive.n and r.ended_ms = 0)";

struct orphan {
  int64_t archive = 0;
  bool is_whole = false; ///< It can still be found by its digest.
};

} // namespace

expected<std::optional<int64_t>> package_repository::archive_of(std::string_view digest) {
  return db_.integer("select n from package_archive where digest = ?", digest);
}

expected<std::optional<int64_t>> package_repository::hold(std::string_view digest) {
  return db_.integer(
    "select n from package_archive where digest = ?" + std::string{db_.sql().for_update()}, digest);
}

expected<bool> package_repository::hold(int64_t archive) {
  return db_
    .integer("select n from package_archive where n = ? and digest is not null" +
               std::string{db_.sql().for_update()},
             archive)
    .map([](const auto& n) { return n.has_value(); });
}

expected<int64_t> package_repository::sweep(int64_t now_ms) {
  auto given_up =
    db_.run("delete from package_upload where touched_ms < ?", now_ms - upload_patience_ms);
  if (!given_up)
    return given_up;
  auto found = db_.first("select n, case when digest is null then 0 else 1 end from "
                         "package_archive where " +
                           is_unneeded + " limit 1",
                         [](const row& r) {
                           return orphan{r.integer(0), r.boolean(1)};
                         });
  if (!found)
    return fail(std::move(found.error()));
  if (!*found)
    return given_up;
  auto key = (*found)->archive;
  // Nobody finds it from now on, in whatever moment the rest of it goes. Who was faster holds its
  // row, and is seen here.
  if ((*found)->is_whole)
    return db_
      .run("update package_archive set digest = ? where n = ? and " + is_unneeded, nullptr, key)
      .map([&](int64_t rows) { return *given_up + rows; });
  auto first = db_.integer("select min(position) from package_chunk where archive = ?", key);
  if (!first)
    return fail(std::move(first.error()));
  if (*first)
    return db_
      .run(
        "delete from package_chunk where archive = ? and position < ?", key, **first + sweep_chunks)
      .map([&](int64_t rows) { return *given_up + rows; });
  auto gone = in_order([&] { return db_.run("delete from run_package where archive = ?", key); },
                       [&] { return db_.run("delete from package_archive where n = ?", key); });
  return gone.map([&] { return *given_up + 1; });
}

expected<int64_t>
package_repository::store(std::string_view bytes, const archive_facts& facts, int64_t now_ms) {
  auto known = hold(facts.digest);
  if (!known)
    return fail(std::move(known.error()));
  if (*known)
    return **known;
  auto added = db_.run("insert into package_archive (digest, bytes, format, unpacked_bytes, files, "
                       "is_template, listing, texts, created_ms) "
                       "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       facts.digest,
                       facts.bytes,
                       facts.format,
                       facts.unpacked_bytes,
                       facts.files,
                       facts.is_template,
                       facts.listing,
                       facts.texts,
                       now_ms);
  if (!added)
    return added;
  auto archive = db_.last_id();
  int64_t position = 0;
  for (size_t at = 0; at < bytes.size(); at += chunk_bytes) {
    auto put = db_.run("insert into package_chunk (archive, position, body) values (?, ?, ?)",
                       archive,
                       position++,
                       blob{bytes.substr(at, chunk_bytes)});
    if (!put)
      return put;
  }
  return archive;
}

} // namespace aops::storage
