#pragma once

#include "messages/account.hpp"
#include "messages/wire.hpp"

#include <string>

/// Requests that may come again, between actors. See docs/reference/rest.md#repeating-a-request.
namespace aops {

/// What a user's request is to be answered with, whenever it comes.
struct answer_to_keep {
  std::string user;
  repeatable_request request;
  std::string answer; ///< JSON text, as `base::kept_text` makes it.
};
AOPS_WIRE(answer_to_keep, user, request, answer)

/// The one that holds: that of the first time.
struct answer_kept {
  std::string answer;
};
AOPS_WIRE(answer_kept, answer)

} // namespace aops
