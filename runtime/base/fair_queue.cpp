#include "runtime/base/fair_queue.hpp"

namespace aops::base {

error error_of(refusal why, std::string_view queue) {
  auto because = [&](ec code, std::string_view reason) {
    std::string text{queue};
    return error{code, text.append(": ").append(reason)};
  };
  switch (why) {
  case refusal::late:
    return because(ec::timed_out, "nobody waits any more");
  case refusal::slow:
    return because(ec::overloaded, "requests wait too long");
  case refusal::owner_full:
    return because(ec::overloaded, "too many of one owner wait");
  case refusal::host_full:
    return because(ec::overloaded, "too many of one host wait");
  case refusal::full:
    break;
  }
  return because(ec::overloaded, "too many requests wait");
}

} // namespace aops::base
