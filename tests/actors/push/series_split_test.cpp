#include "actors/push/series_split.hpp"

#include <boost/test/unit_test.hpp>

namespace aops::actors::series_split_test {

namespace {

host_record
host_of(std::string id, std::string address, int64_t port = 0, std::string group = "g") {
  host_record x;
  x.host_id = std::move(id);
  x.host_name = "name-" + x.host_id;
  x.owner = "admin";
  x.host_group_name = std::move(group);
  x.public_ip = std::move(address);
  x.exporter_port = port;
  x.source = source_push;
  return x;
}

const host_index& some_hosts() {
  static const host_index it{{host_of("a", "192.0.2.1"),
                              host_of("b", "192.0.2.1", 9256),
                              host_of("c", "192.0.2.3", 0, "other"),
                              host_of("d", "2001:db8::17")},
                             9100};
  return it;
}

push::write_request request_of(std::vector<label_set> labels) {
  push::write_request x;
  for (auto& l : labels)
    x.series.push_back({"m", std::move(l), {1000, 2000}, {1, 2}});
  return x;
}

std::string owner_of_series(label_set labels, const caller& who) {
  auto split = split_for_caller(request_of({std::move(labels)}), who, some_hosts());
  return split.parts.empty() ? "-" : split.parts.begin()->first;
}

caller admin() {
  caller who;
  who.user = who.owner = "admin";
  return who;
}

} // namespace

BOOST_AUTO_TEST_SUITE(series_and_their_hosts)

BOOST_AUTO_TEST_CASE(a_host_is_found_by_its_id_its_exporter_its_address_or_its_name) {
  BOOST_TEST(owner_of_series({{"host_id", "b"}, {"instance", "192.0.2.1:9100"}}, admin()) == "b");
  BOOST_TEST(owner_of_series({{"instance", "192.0.2.1:9100"}}, admin()) == "a");
  BOOST_TEST(owner_of_series({{"instance", "192.0.2.1:9256"}}, admin()) == "b");
  BOOST_TEST(owner_of_series({{"instance", "192.0.2.1"}}, admin()) == "-"); // Two have it.
  BOOST_TEST(owner_of_series({{"instance", "192.0.2.3"}}, admin()) == "c");
  BOOST_TEST(owner_of_series({{"instance", "[2001:db8::17]:9100"}}, admin()) == "d");
  BOOST_TEST(owner_of_series({{"instance", "name-a"}}, admin()) == "a");
  BOOST_TEST(owner_of_series({{"instance", "elsewhere:9100"}}, admin()) == "-");
  BOOST_TEST(owner_of_series({{"host_id", "elsewhere"}, {"instance", "name-a"}}, admin()) == "-");
  BOOST_TEST(owner_of_series({}, admin()) == "-");
}

BOOST_AUTO_TEST_CASE(one_whom_the_caller_does_not_see_is_unknown) {
  auto who = admin();
  who.groups = std::vector<std::string>{"g"};
  BOOST_TEST(owner_of_series({{"instance", "192.0.2.3"}}, who) == "-");
  BOOST_TEST(owner_of_series({{"host_id", "c"}}, who) == "-");
  BOOST_TEST(owner_of_series({{"host_id", "a"}}, who) == "a");
}

BOOST_AUTO_TEST_CASE(what_is_unknown_is_named_once_and_its_samples_are_counted) {
  auto split = split_for_caller(
    request_of({{{"instance", "x:1"}}, {{"instance", "x:1"}}, {{"instance", "name-a"}}, {}}),
    admin(),
    some_hosts());
  BOOST_TEST(split.refused == 6);
  BOOST_REQUIRE(split.causes.size() == 2u);
  BOOST_TEST(split.causes[0] == "no host is instance x:1");
  BOOST_TEST(split.causes[1] == "series m has no label instance or host_id");
  BOOST_TEST(split.parts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(whether_all_are_known_can_be_told_before) {
  BOOST_TEST(knows_all(request_of({{{"instance", "name-a"}}, {{"host_id", "b"}}}), some_hosts()));
  BOOST_TEST(!knows_all(request_of({{{"instance", "name-a"}}, {}}), some_hosts()));
}

BOOST_AUTO_TEST_CASE(labels_that_say_whose_it_is_are_not_of_the_series) {
  auto split = split_for_caller(
    request_of({{{"host_id", "a"}, {"instance", "i"}, {"job", "j"}, {"cpu", "0"}}}),
    admin(),
    some_hosts());
  const auto& part = split.parts.at("a");
  BOOST_TEST(part.owner == "admin");
  BOOST_REQUIRE(part.series.size() == 1u);
  BOOST_TEST((part.series[0].key == series_key{"m", {{"cpu", "0"}}}));
  BOOST_TEST(part.series[0].origin == "j\xffi");
  BOOST_TEST((part.series[0].times_ms == std::vector<int64_t>{1000, 2000}));
}

BOOST_AUTO_TEST_CASE(a_token_of_a_host_writes_what_is_not_said_to_be_anothers) {
  auto of_a = [](label_set labels) {
    auto split =
      split_for_host(request_of({std::move(labels)}), host_of("a", "192.0.2.1"), some_hosts());
    return split.refused == 0 && split.parts.begin()->first == "a";
  };
  BOOST_TEST(of_a({}));
  BOOST_TEST(of_a({{"instance", "localhost:9100"}}));
  BOOST_TEST(of_a({{"instance", "192.0.2.1:9100"}}));
  BOOST_TEST(of_a({{"host_id", "a"}, {"instance", "192.0.2.3"}}));
  BOOST_TEST(!of_a({{"host_id", "b"}}));
  BOOST_TEST(!of_a({{"instance", "192.0.2.1:9256"}}));
  BOOST_TEST(!of_a({{"instance", "192.0.2.3"}}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace aops::actors::series_split_test
