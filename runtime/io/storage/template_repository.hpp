#pragma once

#include "messages/template.hpp"
#include "runtime/io/storage/rows_by_text.hpp"

namespace aops::storage {

/// A template to store.
struct new_template {
  std::string name;
  json_text content; ///< The playbook.
  std::string description{};
  std::string user{};     ///< Who imports it.
  std::string settings{}; ///< `task::settings_text`; empty: none.
  int64_t archive = 0;    ///< Key of its package's archive; 0: none.
  std::string package_name{}, package_version{};
  std::string shipped{}; ///< The release it comes with; empty: it is the user's.
  bool replace = false;  ///< One of this name gets a new version.
};

/// A version of a template, whole.
struct whole_template {
  int64_t version = 1;
  std::string content, settings, description, package_name, package_version;
  std::string listing; ///< Files of its package.
};

/// What a task freezes of a template.
struct frozen_keys {
  int64_t content = 0, settings = 0, archive = 0, version = 1;
};

/// Where a template comes from.
struct origin {
  std::string release; ///< Of aops; empty: it is the user's own.
  int64_t version = 1;
};

/// A template as a task froze it.
struct frozen_template {
  std::string name;
  int64_t version = 1;
  std::string content;  ///< JSON text of the playbook.
  std::string settings; ///< For `task::read_settings`; empty: none.
  std::string package;  ///< Digest of its archive; empty: it has none.
};

/// Keeps templates by (owner, template_name), and what they were before.
class template_repository {
public:
  explicit template_repository(database& db) : db_(db) {}

  /// Older versions kept of a template.
  static constexpr int64_t most_versions = 100;

  /// ec::conflict when the owner has one of this name and it is not to be replaced; ec::bad_request
  /// when the content is no JSON. In a transaction.
  /// @returns Its version: the one it had when nothing changes.
  expected<int64_t> add(std::string_view owner, const new_template& x, int64_t now_ms);

  expected<templates_page> page(std::string_view owner, const templates_query& q);

  /// ec::bad_request when the owner has no such template.
  expected<template_versions_page> versions(std::string_view owner,
                                            const template_versions_query& q);

  /// Nothing when there is no such template or version. @param version 0: the newest.
  expected<std::optional<whole_template>>
  whole(std::string_view owner, std::string_view name, int64_t version);

  /// Name to where it comes from, of those of `names` that exist.
  expected<by_text<origin>> shipped(std::string_view owner, const std::vector<std::string>& names);

  /// Unknown names are ignored. In a transaction. @returns Templates deleted.
  expected<int64_t> remove(std::string_view owner, const std::vector<std::string>& names);

  /// Name to what a task freezes, of those of `names` that exist.
  expected<by_text<frozen_keys>> to_freeze(std::string_view owner,
                                           const std::vector<std::string>& names);

  /// Settings of those of `names` that exist, empty for one that has none.
  expected<std::vector<std::string>> settings(std::string_view owner,
                                              const std::vector<std::string>& names);

  /// What a task froze, in its order. @param task Its public id.
  expected<std::vector<frozen_template>> frozen_of(std::string_view owner, std::string_view task);

private:
  struct current;
  expected<void>
  replace(const current& old, const new_template& x, const frozen_keys& keys, int64_t now_ms);
  expected<frozen_keys> intern(const new_template& x);
  database& db_;
};

} // namespace aops::storage
