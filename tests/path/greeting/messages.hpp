#pragma once

#include "messages/describe.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/block.hpp"
#include "messages/wire.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What can be said about greetings, which are jobs.
namespace aops {

/// POST /greeting/execute
struct greetings_to_send {
  std::vector<std::string> host_list;
  std::string words;
};
#define AOPS_FIELDS_greetings_to_send(F)                                                           \
  F(host_list, required().items(1, 50).text(1, 64), "Who is greeted.")                             \
  F(words, required().text(1, 200), "With which words.")
AOPS_MESSAGE(greetings_to_send)

struct greetings_started {
  std::string task_id;
};
#define AOPS_FIELDS_greetings_started(F) F(task_id, required(), "Task.")
AOPS_MESSAGE(greetings_started)

/// POST /greeting/get
struct greetings_query {
  std::string task_id;
};
#define AOPS_FIELDS_greetings_query(F) F(task_id, required().text(1, 64), "Task.")
AOPS_MESSAGE(greetings_query)

struct greeting_row {
  int64_t number = 0;
  std::string host, said;
};
#define AOPS_FIELDS_greeting_row(F)                                                                \
  F(number, required(), "Counts from 1 within its task.")                                          \
  F(host, required(), "Who was greeted.")                                                          \
  F(said, required(), "How.")
AOPS_MESSAGE(greeting_row)

struct greetings_found {
  std::string state;
  std::vector<greeting_row> greetings;
};
#define AOPS_FIELDS_greetings_found(F)                                                             \
  F(state, required(), "Of the task; empty: unknown.")                                             \
  F(greetings, required(), "In their order.")
AOPS_MESSAGE(greetings_found)

/// From a job to who greets.
struct greeting_to_say {
  std::string host, words;
};
AOPS_WIRE(greeting_to_say, host, words)

struct greeting_said {
  std::string said;
};
AOPS_WIRE(greeting_said, said)

} // namespace aops

#define AOPS_TYPES_greeting(X)                                                                     \
  X(greeting, greetings_to_send)                                                                   \
  X(greeting, greetings_started)                                                                   \
  X(greeting, greetings_query)                                                                     \
  X(greeting, greetings_found)                                                                     \
  X(greeting, greeting_to_say)                                                                     \
  X(greeting, greeting_said)

AOPS_TYPE_BLOCK(greeting, 9000)

namespace aops {

inline constexpr std::string_view greeter_name = "jobs/greeting";
inline constexpr std::string_view greeting_store_name = "store/greetings";

/// GREETER: takes greetings in, and says them.
using greeter_actor = caf::typed_actor<
  // Stores a job; answered once it is stored.
  asks<greetings_to_send, greetings_started>,
  // Greets, which cannot be taken back.
  answers<greeting_to_say, greeting_said>,
  caf::reacts_to<atom::ping>>;

/// GREETING STORE: what was said.
using greeting_store_actor =
  caf::typed_actor<asks<greetings_query, greetings_found>, caf::reacts_to<atom::ping>>;

} // namespace aops
