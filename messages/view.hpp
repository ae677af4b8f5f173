#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"

#include <string>
#include <vector>

/// What a user arranged for himself and wants to find again at any browser: a data board, say. The
/// node keeps it and does not look into it. See docs/reference/rest.md#views.
namespace aops {

#define AOPS_VIEW_KIND(F)                                                                          \
  F(kind, required().text(1, 20), "What it is of, `board` say; each kind has its own names.")

/// POST /manage/account/view/get
struct views_query {
  std::string kind;
};
#define AOPS_FIELDS_views_query(F) AOPS_VIEW_KIND(F)
AOPS_MESSAGE(views_query)

struct view_info {
  std::string view_name;
  json_text content;
  moment changed_at;
};
#define AOPS_FIELDS_view_info(F)                                                                   \
  F(view_name, required(), "Unique per user and kind.")                                            \
  F(content, required().as("object"), "As it was saved.")                                          \
  F(changed_at, required().as("fractional"), "When it was saved last.")
AOPS_MESSAGE(view_info)

struct views_found {
  std::vector<view_info> view_infos;
};
#define AOPS_FIELDS_views_found(F)                                                                 \
  F(view_infos, required(), "The caller's views of this kind, by name.")
AOPS_MESSAGE(views_found)

/// POST /manage/account/view/save
struct view_to_save {
  std::string kind, view_name;
  json_text content;
};
#define AOPS_FIELDS_view_to_save(F)                                                                \
  AOPS_VIEW_KIND(F)                                                                                \
  F(view_name, required().text(1, 64), "One of this name is replaced.")                            \
  F(content, required().as("object"), "At most 16384 bytes as text.")
AOPS_MESSAGE(view_to_save)

/// DELETE /manage/account/view/delete
struct views_to_delete {
  std::string kind;
  std::vector<std::string> view_list;
};
#define AOPS_FIELDS_views_to_delete(F)                                                             \
  AOPS_VIEW_KIND(F)                                                                                \
  F(view_list, required().items(1, 100).text(1, 64), "Names; unknown ones are ignored.")
AOPS_MESSAGE(views_to_delete)

} // namespace aops
