#pragma once

#include "messages/package.hpp"
#include "runtime/io/storage/database.hpp"

namespace aops::storage {

/// An upload after a piece.
struct upload_state {
  int64_t key = 0;     ///< 0: the package is there already.
  int64_t archive = 0; ///< Where its pieces are.
  int64_t received = 0, total = 0;
  bool is_whole() const { return received == total; }
};

/// What was found out about an archive.
struct archive_facts {
  std::string digest, format, listing;
  std::string texts; ///< JSON object: YAML files by name.
  int64_t bytes = 0, unpacked_bytes = 0, files = 0;
  bool is_template = false;
};

/// A package as templates refer to it.
struct package_ref {
  int64_t archive = 0;
  std::string digest, version, listing, texts;
};

/// Keeps packages by (owner, package_name, version); their archives by digest, in chunks, each
/// once. An archive stays while a package, a template, a task or a run needs it.
class package_repository {
public:
  explicit package_repository(database& db) : db_(db) {}

  /// How long an upload may wait for its next piece.
  static constexpr int64_t upload_patience_ms = int64_t{24} * 3600 * 1000;
  static constexpr int64_t most_uploads = 16; ///< Of an owner at once.

  /// Takes a piece. One that came already changes nothing; one at the beginning of another archive
  /// begins anew. In a transaction.
  /// @returns ec::conflict when the owner has another archive of this name and version;
  /// ec::bad_request with `offset: …` when a piece is missing before this one; ec::overloaded.
  expected<upload_state> append(std::string_view owner,
                                std::string_view user,
                                const package_piece& x,
                                std::string_view bytes,
                                int64_t now_ms);

  /// The upload is whole and good: it becomes a package. ec::not_found when it is no longer there.
  /// In a transaction.
  expected<void> publish(const upload_state& x, const archive_facts& facts, int64_t now_ms);

  /// It is not. Its pieces are `sweep`'s. In a transaction.
  expected<void> refuse(const upload_state& x);

  /// A chunk of an archive, from 0; empty behind the last.
  expected<std::string> chunk(int64_t archive, int64_t position);

  expected<packages_page> page(std::string_view owner, const packages_query& q);

  /// ec::bad_request with `package_name: …`. @param version Empty: the newest.
  expected<package_ref>
  find(std::string_view owner, const std::string& name, const std::string& version);

  /// Key of a whole archive. Nothing when there is none of this digest.
  expected<std::optional<int64_t>> archive_of(std::string_view digest);

  /// The same, locked until the transaction ends, so that `sweep` leaves it: for whoever is going
  /// to refer to it.
  expected<std::optional<int64_t>> hold(std::string_view digest);

  /// By its key. @returns False when it is gone, or going.
  expected<bool> hold(int64_t archive);

  /// Unknown ones are ignored. @returns Packages deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<package_key>& packages);

  /// Deletes a portion of what nobody needs: uploads that were given up, archives without a
  /// package, template or task, and without a run that has not ended. In a transaction. @returns
  /// How much; 0: nothing is left.
  expected<int64_t> sweep(int64_t now_ms);

  /// Stores a whole archive at once: what comes with aops. @returns Its key. In a transaction.
  expected<int64_t> store(std::string_view bytes, const archive_facts& facts, int64_t now_ms);

private:
  expected<upload_state>
  begin(std::string_view owner, std::string_view user, const package_piece& x, int64_t now_ms);
  expected<void> add_templates(std::string_view owner,
                               std::vector<package_info>& packages,
                               const std::vector<int64_t>& archives);
  database& db_;
};

} // namespace aops::storage
