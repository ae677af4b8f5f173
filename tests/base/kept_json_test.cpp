#include "runtime/base/kept_json.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::base {

namespace {

struct kept_part {
  std::string name;
  bool is_on = false;
};
#define AOPS_FIELDS_kept_part(F)                                                                   \
  F(name, required().additive(), "")                                                               \
  F(is_on, required(), "")
AOPS_MESSAGE(kept_part)

struct kept_reply {
  int64_t code = 200;
  json_text id;
  moment at;
  maybe<int64_t> some;
  maybe<std::string> none;
  std::vector<kept_part> parts;
  std::map<std::string, std::vector<std::string>> lists;
};
#define AOPS_FIELDS_kept_reply(F)                                                                  \
  F(code, internal(), "")                                                                          \
  F(id, required(), "")                                                                            \
  F(at, required(), "")                                                                            \
  F(some, optional_field(), "")                                                                    \
  F(none, optional_field().additive(), "")                                                         \
  F(parts, required(), "")                                                                         \
  F(lists, required().additive(), "")
AOPS_MESSAGE(kept_reply)

} // namespace

BOOST_AUTO_TEST_SUITE(kept_json)

BOOST_AUTO_TEST_CASE(a_reply_comes_back_whole_with_what_users_do_not_see) {
  kept_reply x;
  x.code = 206;
  x.id.text = "\"abc\"";
  x.at.ms = 1234567;
  x.some = 7;
  x.parts = {{"", true}, {"\xC3\xA4", false}};
  x.lists = {{"a", {"1", "2"}}, {"b", {}}};
  auto back = tests::ok(restored<kept_reply>(kept_text(x)));
  BOOST_TEST(back.code == 206);
  BOOST_TEST(back.id.text == "\"abc\"");
  BOOST_TEST(back.at.ms == 1234567);
  BOOST_TEST(*back.some == 7);
  BOOST_TEST(!back.none);
  BOOST_REQUIRE(back.parts.size() == 2u);
  BOOST_TEST(back.parts[0].is_on);
  BOOST_TEST(back.parts[1].name == "\xC3\xA4");
  BOOST_TEST((back.lists == x.lists));
  BOOST_TEST(kept_text(back) == kept_text(x));
}

BOOST_AUTO_TEST_CASE(what_was_kept_of_something_else_is_corrupt) {
  for (const auto* text : {"", "{", "[]", "{}", R"({"code":"x"})"})
    BOOST_TEST(tests::failure_of(restored<kept_reply>(text)) == ec::corrupt);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::base
