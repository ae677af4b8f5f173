#include "actors/support/message_types.hpp"
#include "messages/all.hpp"
#include "messages/caf_error.hpp"
#include "tests/support/actor_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <caf/all.hpp>

namespace aops {

namespace {

std::vector<char> to_bytes(caf::actor_system& system, const caf::message& x) {
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  BOOST_TEST(!sink(const_cast<caf::message&>(x)));
  return bytes;
}

/// To the wire and back; false when the type is not known there.
bool survives(caf::actor_system& system, const caf::message& x) {
  auto bytes = to_bytes(system, x);
  caf::message copy;
  caf::binary_deserializer source{system, bytes};
  if (auto e = source(copy); e || copy.size() != x.size())
    return false;
  return to_string(copy) == to_string(x) && to_bytes(system, copy) == bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_types)

// Whether each survives the wire: tests/messages.
BOOST_FIXTURE_TEST_CASE(every_type_is_registered_and_every_atom_survives, tests::actor_fixture) {
#define AOPS_EACH_TYPE(subject, type)                                                              \
  BOOST_TEST((system.types().make_value(typeid(type)) != nullptr), "aops::" #type);
#define AOPS_CHECK_ATOM(word)                                                                      \
  BOOST_TEST(survives(system, caf::make_message(atom::word##_v)), "atom " #word);
  AOPS_ALL_TYPES
  AOPS_ATOMS(AOPS_CHECK_ATOM)
}

BOOST_FIXTURE_TEST_CASE(a_deep_tree_survives_the_wire, tests::actor_fixture) {
  tree_status tree;
  tree.name = "node";
  tree.mailbox = 7;
  tree.children.resize(2);
  tree.children[1].children.resize(1);
  tree.children[1].children[0].last_reason = "internal: exception: x";
  BOOST_TEST(survives(system, caf::make_message(tree)));
  BOOST_TEST(survives(system, caf::make_message(to_caf({ec::bad_request, "page"}))));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops
