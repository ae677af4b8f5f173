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
  std::string description;
};
#define AOPS_FIELDS_template_to_import(F)                                                          \
  F(template_name, required().text(1, 64), "Unique per user.")                                     \
  F(template_content,                                                                              \
    required().as("structure").items(1),                                                           \
    "A playbook as JSON: a list of plays, or an object.")                                          \
  F(description, required().text(0, 256).blank_ok(), "May be empty.")
AOPS_MESSAGE(template_to_import)

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
  std::string description;
};
#define AOPS_FIELDS_template_info(F)                                                               \
  F(template_name, required(), "Name.")                                                            \
  F(template_content, required(), "As imported.")                                                  \
  F(description, required(), "Free text.")
AOPS_MESSAGE(template_info)

struct templates_page {
  AOPS_TOTAL_MEMBERS
  std::vector<template_info> template_infos;
};
#define AOPS_FIELDS_templates_page(F)                                                              \
  AOPS_TOTAL_FIELDS(F) F(template_infos, required(), "Templates.")
AOPS_MESSAGE(templates_page)

/// DELETE /manage/template/delete
struct templates_to_delete {
  std::vector<std::string> template_list;
};
#define AOPS_FIELDS_templates_to_delete(F)                                                         \
  F(template_list, required().items(1, 10000).text(1, 64), "Names; unknown ones are ignored.")
AOPS_MESSAGE(templates_to_delete)

} // namespace aops
