#include "actors/support/message_types.hpp"

#include "messages/all.hpp"
#include "messages/caf_error.hpp"

#include <caf/all.hpp>

namespace aops::actors {

void add_message_types(caf::actor_system_config& config) {
#define AOPS_REGISTER(subject) config.add_message_types<caf::id_block::aops_##subject>();
  AOPS_SUBJECTS(AOPS_REGISTER)
#undef AOPS_REGISTER
  // What `actor_system::render` prints.
  auto render = [](uint8_t code, caf::atom_value category, const caf::message& context) {
    return to_string(from_caf(caf::error{code, category, context}));
  };
  config.add_error_category(error_category, render);
  config.add_error_category(crash_category, render);
}

} // namespace aops::actors
