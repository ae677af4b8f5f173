#pragma once

#include "messages/roles/role.hpp"
#include "messages/types/view.hpp"
#include "messages/view.hpp"

#include <string_view>

namespace aops {

namespace actors {
inline constexpr std::string_view view_store_name = "store/views";
} // namespace actors

/// VIEW STORE: what each user arranged for himself.
using view_store_actor = caf::typed_actor<
  // The caller's views of a kind.
  asks<views_query, views_found>,
  // Stores one, instead of that of the same name. ec::bad_request when it is too large or he has
  // too many.
  asks<view_to_save, done>,
  // Deletes his by name. Unknown ones are ignored.
  asks<views_to_delete, done>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
