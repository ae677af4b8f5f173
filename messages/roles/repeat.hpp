#pragma once

#include "messages/repeat.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/repeat.hpp"

namespace aops {

namespace actors {
inline constexpr std::string_view repeat_store_name = "store/repeats";
}

/// REPEAT STORE: answers of requests that may come again and are carried out in several steps.
using repeat_store_actor = caf::typed_actor<
  // Keeps an answer unless there is one; answered with the one that holds. ec::bad_request when the
  // key came with another request.
  answers<answer_to_keep, answer_kept>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
