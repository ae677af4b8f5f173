#include "messages/return_code.hpp"

namespace aops {

std::string_view to_string(ec code) {
  auto i = static_cast<size_t>(code);
  return i < outcomes.size() ? outcomes[i].name
                             : "unknown"; // An enum from the wire is loaded unchecked.
}

std::string to_string(const error& e) {
  std::string text{to_string(e.code)};
  return e.detail.empty() ? text : text + ": " + e.detail;
}

} // namespace aops
