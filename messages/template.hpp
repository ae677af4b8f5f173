#pragma once

#include "messages/describe.hpp"
#include "messages/paging.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// Templates: playbooks of which deployment tasks are made. See docs/tasks.md.
namespace aops {

/// POST /manage/template/import
struct template_to_import {
  std::string template_name;
  json_text template_content;
  std::string description{};
  maybe<json_text> parameters{};
  maybe<bool> idempotent{};
  maybe<std::vector<std::string>> after{};
  maybe<std::string> timeout{};
  maybe<std::string> package_name{}, package_version{};
  maybe<bool> replace{};
};
#define AOPS_FIELDS_template_to_import(F)                                                          \
  F(template_name, required().text(1, 64), "Unique per user.")                                     \
  F(template_content,                                                                              \
    required().as("structure").items(1),                                                           \
    "A playbook as JSON: a list of plays, or an object.")                                          \
  F(description, required().text(0, 256).blank_ok(), "May be empty.")                              \
  F(parameters,                                                                                    \
    optional_field(),                                                                              \
    "What may be chosen: a list of {`name`, `type`, `default`, `choices`, `min`, `max`, "          \
    "`required`, `description`}.")                                                                 \
  F(idempotent, optional_field(), "Whether it may run again after a crash; default false.")        \
  F(after, optional_field().items(0, 100).text(1, 64), "Templates that come first, if any.")       \
  F(timeout, optional_field().text(1, 20), "How long it may take, such as `10m`.")                 \
  F(package_name,                                                                                  \
    optional_field().text(1, 64),                                                                  \
    "A package of the caller: its `roles/` and `files/` stand beside the playbook.")               \
  F(package_version, optional_field().text(1, 64), "Of the package; absent: the newest.")          \
  F(replace,                                                                                       \
    optional_field(),                                                                              \
    "Whether a template of this name gets a new version; default false: 1105.")
AOPS_MESSAGE(template_to_import)

/// POST /manage/template/import/package
struct template_package_to_import {
  std::string package_name;
  maybe<std::string> version{}, template_name{}, description{};
  maybe<bool> replace{};
};
#define AOPS_FIELDS_template_package_to_import(F)                                                  \
  F(package_name, required().text(1, 64), "An uploaded package with `aops.yml` and a playbook.")   \
  F(version, optional_field().text(1, 64), "Of the package; absent: the newest.")                  \
  F(template_name, optional_field().text(1, 64), "Absent: as the manifest says.")                  \
  F(description, optional_field().text(0, 256).blank_ok(), "Absent: as the manifest says.")        \
  F(replace,                                                                                       \
    optional_field(),                                                                              \
    "Whether a template of this name gets a new version; default false: 1105.")
AOPS_MESSAGE(template_package_to_import)

struct template_imported {
  std::string template_name;
  int64_t version = 1;
  std::vector<std::string> warnings{};
};
#define AOPS_FIELDS_template_imported(F)                                                           \
  F(template_name, required(), "Name.")                                                            \
  F(version, required(), "From 1; the same as before when nothing changed.")                       \
  F(warnings,                                                                                      \
    required().additive(),                                                                         \
    "What looks wrong and may be right: unknown modules, variables that nothing defines.")
AOPS_MESSAGE(template_imported)

/// POST /manage/template/import/shipped
struct shipped_templates_to_import {
  std::vector<std::string> template_list;
};
#define AOPS_FIELDS_shipped_templates_to_import(F)                                                 \
  F(template_list, required().items(0, 100).text(1, 64), "Names; empty: all that come with aops.")
AOPS_MESSAGE(shipped_templates_to_import)

struct shipped_templates_imported {
  std::vector<std::string> imported, unchanged, changed_by_user;
};
#define AOPS_FIELDS_shipped_templates_imported(F)                                                  \
  F(imported, required(), "New, or in a new version.")                                             \
  F(unchanged, required(), "There already.")                                                       \
  F(changed_by_user, required(), "Left as they are, for somebody imported another one there.")
AOPS_MESSAGE(shipped_templates_imported)

/// POST /manage/template/get
struct templates_query {
  std::vector<std::string> template_list;
  AOPS_PAGING_MEMBERS
};
#define AOPS_FIELDS_templates_query(F)                                                             \
  F(template_list, required().items(0, 10000).text(1, 64), "Names; empty: all.")                   \
  AOPS_PAGING_FIELDS(F, "|template_name", 50)
AOPS_MESSAGE(templates_query)

struct template_info {
  std::string template_name;
  json_text template_content;
  std::string description{};
  int64_t version = 1;
  json_text parameters{};
  maybe<bool> idempotent{};
  std::vector<std::string> after{};
  std::string timeout{}, package_name{}, package_version{};
};
#define AOPS_FIELDS_template_info(F)                                                               \
  F(template_name, required(), "Name.")                                                            \
  F(template_content, required(), "As imported.")                                                  \
  F(description, required(), "Free text.")                                                         \
  F(version, required(), "From 1.")                                                                \
  F(parameters, required().additive(), "What may be chosen.")                                      \
  F(idempotent, optional_field().additive(), "Whether it may run again after a crash.")            \
  F(after, required().additive(), "Templates that come first.")                                    \
  F(timeout, required().additive(), "How long it may take.")                                       \
  F(package_name, required().additive(), "What its roles and files are in.")                       \
  F(package_version, required().additive(), "Of the package.")
AOPS_MESSAGE(template_info)

struct templates_page {
  AOPS_TOTAL_MEMBERS
  std::vector<template_info> template_infos;
};
#define AOPS_FIELDS_templates_page(F)                                                              \
  AOPS_TOTAL_FIELDS(F) F(template_infos, required(), "Templates.")
AOPS_MESSAGE(templates_page)

/// POST /manage/template/version/get
struct template_versions_query {
  std::string template_name;
  maybe<int64_t> page, per_page;
};
#define AOPS_FIELDS_template_versions_query(F)                                                     \
  F(template_name, required().text(1, 64), "Name.")                                                \
  F(page,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "From 1; with `per_page`, else everything is listed. Past the end it is empty.")               \
  F(per_page, optional_field().range(1, 50), "Rows of a page.")
AOPS_MESSAGE(template_versions_query)

struct template_version {
  int64_t version = 1;
  moment created;
  std::string username, description, package_name, package_version;
};
#define AOPS_FIELDS_template_version(F)                                                            \
  F(version, required(), "From 1.")                                                                \
  F(created, required(), "When it was imported.")                                                  \
  F(username, required(), "By whom.")                                                              \
  F(description, required(), "Free text.")                                                         \
  F(package_name, required().additive(), "What its roles and files are in.")                       \
  F(package_version, required().additive(), "Of the package.")
AOPS_MESSAGE(template_version)

struct template_versions_page {
  AOPS_TOTAL_MEMBERS
  std::vector<template_version> versions;
};
#define AOPS_FIELDS_template_versions_page(F)                                                      \
  AOPS_TOTAL_FIELDS(F) F(versions, required(), "The newest, which is the one that counts, first.")
AOPS_MESSAGE(template_versions_page)

/// POST /manage/template/diff
struct template_diff_query {
  std::string template_name;
  maybe<int64_t> from, to;
};
#define AOPS_FIELDS_template_diff_query(F)                                                         \
  F(template_name, required().text(1, 64), "Name.")                                                \
  F(from,                                                                                          \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "Version; absent: the one before `to`.")                                                       \
  F(to,                                                                                            \
    optional_field().range(1, std::numeric_limits<int64_t>::max()),                                \
    "Version; absent: the newest.")
AOPS_MESSAGE(template_diff_query)

struct template_diff {
  int64_t from = 0, to = 0;
  std::string diff;
};
#define AOPS_FIELDS_template_diff(F)                                                               \
  F(from, required(), "Version.")                                                                  \
  F(to, required(), "Version.")                                                                    \
  F(diff, required(), "Of playbook, settings and list of files, unified; empty: none.")
AOPS_MESSAGE(template_diff)

/// DELETE /manage/template/delete
struct templates_to_delete {
  std::vector<std::string> template_list;
};
#define AOPS_FIELDS_templates_to_delete(F)                                                         \
  F(template_list, required().items(1, 10000).text(1, 64), "Names; unknown ones are ignored.")
AOPS_MESSAGE(templates_to_delete)

} // namespace aops
