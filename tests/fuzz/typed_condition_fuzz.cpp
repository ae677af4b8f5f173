// Any bytes as a condition that somebody types: what is read is a rule's condition, and reads the
// same again.
#include "runtime/core/check/typed_condition.hpp"
#include "runtime/core/expr/program.hpp"

#include <cstdlib>
#include <string_view>

using namespace aops;

namespace {

void require(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto typed = check::read_typed(text);
  if (!typed)
    return require(!typed.error().detail.empty()), 0;
  require(!typed->data_list.empty());
  require(expr::program::compile(typed->condition, typed->data_list).has_value());
  auto again = check::read_typed(check::typed_again(typed->condition, typed->data_list));
  require(size > 2048 ||
          (again && again->condition == typed->condition && again->data_list == typed->data_list));
  return 0;
}
