#pragma once

#include "runtime/io/storage/database.hpp"
#include "runtime/io/storage/scope.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aops::storage {

/// A domain as it is stored.
struct trace_domain_row {
  int64_t key = 0;
  std::string owner, name;
  int64_t priority = 0;
};

/// A host of a domain that is still there.
struct trace_host_row {
  std::string host_id, ip, ipv6, host_name, address, status;
  int64_t told_ms = 0; ///< When it told of its files itself; 0: never.
};

/// What is expected of a file now.
struct trace_item_row {
  int64_t key = 0;
  std::string path;
  int64_t version = 0;
  std::string id, user, reason;
  int64_t created_ms = 0;
  std::string body;
};

/// A change of what is expected, with what was before it.
struct trace_version_row {
  int64_t version = 0;
  std::string id, user, reason;
  int64_t created_ms = 0;
  bool is_traced = true;
  std::string body;
  std::optional<std::string> before; ///< None of the oldest.
};

/// What a file of a host was when it was looked at last.
struct trace_real_row {
  int64_t item = 0;
  std::string host_id, state, reason;
  int64_t looked_ms = 0, since_ms = 0;
  int64_t read_ms = 0; ///< Of body, mode and owner; 0: it was never read.
  std::string mode, owner, synced_by, body;
};

/// A file that was seen to be another one.
struct trace_edit_row {
  std::string domain, path;
  int64_t item = 0;
  std::string host_id;
  int64_t after_ms = 0, seen_ms = 0;
  std::string state, user, summary, before, after;
};

/// A domain whose hosts are to be looked at.
struct trace_due_row {
  int64_t key = 0;
  std::string name;
  int64_t due_ms = 0;
};

/// Keeps domains, their hosts and files, versions of what is expected of these, and what they were
/// found to be. Nothing but versions that are too many, and what goes with its domain, is deleted.
class tracing_repository {
public:
  explicit tracing_repository(database& db) : db_(db) {}

  static constexpr int64_t most_domains = 10'000;  ///< Of an owner.
  static constexpr int64_t most_hosts = 10'000;    ///< Of a domain.
  static constexpr int64_t most_items = 1'000;     ///< Of a domain.
  static constexpr int64_t most_edits = 100;       ///< Of a file on a host.
  static constexpr int64_t most_told_domains = 20; ///< Of a host that tells of its files itself.

  // -- domains

  /// ec::conflict when the owner has one of this name; ec::bad_request when he has too many. In a
  /// transaction.
  expected<void> add_domain(std::string_view owner,
                            std::string_view name,
                            int64_t priority,
                            std::string_view user,
                            int64_t now_ms);
  expected<std::vector<trace_domain_row>> domains(std::string_view owner);
  /// @param for_change Others that want to change it wait. In a transaction.
  expected<std::optional<trace_domain_row>>
  find_domain(std::string_view owner, std::string_view name, bool for_change = false);
  /// With all that is its own. In a transaction.
  expected<void> remove_domain(int64_t domain);

  // -- hosts

  /// @returns False when it is there already. In a transaction.
  expected<bool>
  add_host(int64_t domain, const trace_host_row& x, std::string_view user, int64_t now_ms);
  /// Those that are seen, by name.
  expected<std::vector<trace_host_row>> hosts(int64_t domain, const scope& of);
  /// @returns Whether it was there. In a transaction.
  expected<bool> remove_host(int64_t domain, std::string_view host_id);
  /// Hosts of a domain that are no host's any more go, too. In a transaction. @returns How many.
  expected<int64_t> remove_hosts(int64_t domain);

  // -- items

  /// Adds a version, also of a file that is new or was traced before. Nothing happens when nothing
  /// would change. ec::bad_request when there are too many. In a transaction.
  /// @returns Whether there is a new version.
  expected<bool> add_version(int64_t domain,
                             std::string_view path,
                             const trace_version_row& x,
                             int64_t most_versions);
  /// Those that are traced, by path.
  expected<std::vector<trace_item_row>> items(int64_t domain);
  /// Those of these paths.
  expected<std::vector<trace_item_row>> items_of(int64_t domain,
                                                 const std::vector<std::string>& paths);
  /// Adds the version with which it is traced no more. @returns False when it was not traced. In a
  /// transaction.
  expected<bool> end_item(int64_t domain, std::string_view path, const trace_version_row& x);

  /// Changes of a file, the newest first, from the `offset`-th on. @param most How many.
  expected<std::vector<trace_version_row>> versions(int64_t item, int64_t most, int64_t offset = 0);
  expected<int64_t> count_versions(int64_t item);
  /// One of them. Nothing when there is none of this id.
  expected<std::optional<trace_version_row>> version(int64_t item, std::string_view id);

  // -- what is on hosts

  /// What was found on some hosts, by host and item; without bodies when not wanted.
  expected<std::vector<trace_real_row>>
  reals(int64_t domain, const std::vector<std::string>& hosts, bool with_bodies = true);
  expected<std::optional<trace_real_row>> real(int64_t item, std::string_view host_id);
  /// In place of what was found before. A host or item that is gone is no error. In a transaction.
  expected<void> keep_real(const trace_real_row& x);
  /// It is what it was when it was looked at last; nothing when that is not known.
  expected<void> touch_real(int64_t item, std::string_view host_id, int64_t now_ms);
  /// Notes who made a file what it should be. In a transaction.
  expected<void>
  note_sync(int64_t item, std::string_view host_id, std::string_view user, int64_t now_ms);
  /// The oldest of too many of a file on a host go. In a transaction.
  expected<void> add_edit(const trace_edit_row& x);
  /// The newest of a file on a host, without texts.
  expected<std::optional<trace_edit_row>> last_edit(int64_t item, std::string_view host_id);
  /// The newest first. @param domain, path, host_id Empty: all.
  expected<std::vector<trace_edit_row>> edits(std::string_view owner,
                                              std::string_view domain,
                                              std::string_view path,
                                              std::string_view host_id,
                                              const scope& of,
                                              int64_t most);

  // -- hosts that tell of their files themselves

  /// Domains with the host whose owner has it, the first ones.
  expected<std::vector<trace_domain_row>> domains_of_host(std::string_view host_id);
  /// What is traced in any of these, each path once.
  expected<std::vector<std::string>> paths_of_host(std::string_view host_id);
  expected<void> note_told(std::string_view host_id, int64_t now_ms);

  // -- looking by time

  expected<std::vector<trace_due_row>> due(std::string_view owner, int64_t now_ms, int64_t most);
  /// @returns False when somebody else was faster. In a transaction.
  expected<bool> move_on(const trace_due_row& x, int64_t next_ms);

  expected<int64_t> count_items(int64_t domain); ///< Those that are traced.

private:
  expected<std::optional<int64_t>> item_key(int64_t domain, std::string_view path);
  database& db_;
};

/// What is traced of a host goes with it. In a transaction.
expected<void> forget_traced_host(database& db, std::string_view host_id);

} // namespace aops::storage
