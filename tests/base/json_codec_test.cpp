#include "runtime/base/json_codec.hpp"

#include <boost/test/unit_test.hpp>

namespace aops {

enum class colour : uint8_t { red, green };
inline std::string_view to_string(colour c) { return c == colour::red ? "red" : "green"; }
inline bool from_text(std::string_view text, colour& c) {
  c = text == "green" ? colour::green : colour::red;
  return text == "green" || text == "red";
}

struct sample_host {
  std::string host_name;
  std::string public_ip;
  int64_t ssh_port = 22;
  bool management = false;
  sealed_text password;
};
#define AOPS_FIELDS_sample_host(F)                                                                 \
  F(host_name, required().text(1, 5), "Name.")                                                     \
  F(public_ip, required().text(1, 45).as("address"), "Address.")                                   \
  F(ssh_port, optional_field().range(1, 65535), "Port.")                                           \
  F(management, optional_field(), "Managing node.")                                                \
  F(password, optional_field().text(1, 128), "Never shown.")
AOPS_MESSAGE(sample_host)

struct sample_request {
  std::vector<sample_host> host_list;
  std::vector<moment> time_range;
  std::vector<std::string> check_items;
  std::string sort;
  std::map<std::string, std::string> label;
  maybe<int64_t> page;
  maybe<std::string> note;
  json_text content;
  double share = 0;
  number last;
  uint16_t small = 0;
  moment at;
  colour paint = colour::red;
  std::string owner;
  int lower = 0, upper = 9;
};
#define AOPS_FIELDS_sample_request(F)                                                              \
  F(host_list, optional_field().items(1, 3), "")                                                   \
  F(time_range, optional_field().items(2, 2), "")                                                  \
  F(check_items, optional_field().items(0, 4).text(1, 10).also("chcek_items"), "Names.")           \
  F(sort, optional_field().one_of("|start|end"), "")                                               \
  F(label, optional_field().items(0, 2).text(0, 4).blank_ok(), "")                                 \
  F(page, optional_field().range(1, 1000), "")                                                     \
  F(note, optional_field().additive(), "")                                                         \
  F(content, optional_field().additive(), "")                                                      \
  F(share, optional_field().range(0, 1), "")                                                       \
  F(last, optional_field(), "")                                                                    \
  F(small, optional_field(), "")                                                                   \
  F(at, optional_field().as("fractional"), "")                                                     \
  F(paint, optional_field(), "")                                                                   \
  F(owner, internal(), "")                                                                         \
  F(lower, optional_field(), "")                                                                   \
  F(upper, optional_field(), "")
AOPS_MESSAGE(sample_request)

inline expected<void> validate_message(const sample_request& x) {
  if (x.lower > x.upper)
    return fail(ec::bad_request, "lower: must not be above upper");
  return {};
}

} // namespace aops

using namespace aops;
using base::json;

namespace {

sample_request read(std::string_view text) {
  auto x = base::decode_text<sample_request>(text);
  BOOST_REQUIRE_MESSAGE(x, (x ? "" : x.error().detail));
  return std::move(*x);
}

/// The detail of the refusal; empty when it was accepted.
std::string refusal(std::string_view text) {
  auto x = base::decode_text<sample_request>(text);
  if (x)
    return {};
  BOOST_TEST((x.error() == ec::bad_request));
  return x.error().detail;
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

BOOST_AUTO_TEST_SUITE(json_codec)

BOOST_AUTO_TEST_CASE(an_unknown_field_is_named_with_its_path) {
  BOOST_TEST(refusal(R"({"hots": 1})") == "hots: unknown field");
  BOOST_TEST(
    refusal(
      R"({"host_list":[{"host_name":"a","public_ip":"::1"},{"hostname":"a","public_ip":"::1"}]})") ==
    "host_list[1].hostname: unknown field");
  BOOST_TEST(refusal(R"({"owner": "me"})") == "owner: unknown field");
}

BOOST_AUTO_TEST_CASE(a_missing_field_is_named_with_its_path) {
  BOOST_TEST(refusal(R"({"host_list":[{"host_name":"a"}]})") ==
             "host_list[0].public_ip: is missing");
}

BOOST_AUTO_TEST_CASE(values_are_never_echoed) {
  for (auto text : {R"({"host_list":[{"host_name":"hunter2hunter2","public_ip":"::1"}]})",
                    R"({"host_list":[{"host_name":"a","public_ip":"hunter2!"}]})",
                    R"({"host_list":[{"host_name":"a","public_ip":"::1","ssh_port":"hunter2"}]})",
                    R"({"sort":"hunter2"})",
                    R"({"label":{"a":"hunter2"}})",
                    R"({"host_list":"hunter2"})",
                    R"({"host_list":hunter2})",
                    R"({"host_list":"hunter2)"}) {
    auto detail = refusal(text);
    BOOST_TEST(!detail.empty());
    BOOST_TEST(detail.find("hunter") == detail.npos);
  }
}

BOOST_AUTO_TEST_CASE(null_is_refused_for_any_field) {
  BOOST_TEST(refusal(R"({"page": null})") == "page: must not be null");
  BOOST_TEST(refusal(R"({"content": null})") == "content: must not be null");
  BOOST_TEST(refusal(R"({"check_items": [null]})") == "check_items[0]: must not be null");
}

BOOST_AUTO_TEST_CASE(the_body_must_be_an_object) {
  BOOST_TEST(refusal("[]") == "the body must be an object");
  BOOST_TEST(refusal("null") == "the body must be an object");
}

BOOST_AUTO_TEST_CASE(integers_may_be_texts_but_have_no_fraction) {
  BOOST_TEST(*read(R"({"page": "22"})").page == 22);
  BOOST_TEST(*read(R"({"page": 22.0})").page == 22);
  for (auto text : {R"({"page": 22.7})",
                    R"({"page": "22.7"})",
                    R"({"page": true})",
                    R"({"page": ""})",
                    R"({"page": " 2"})",
                    R"({"page": 1e300})",
                    R"({"page": 18446744073709551615})",
                    R"({"page": [1]})"})
    BOOST_TEST(refusal(text) == "page: must be an integer");
  BOOST_TEST(refusal(R"({"page": 0})") == "page: must be from 1 to 1000");
  BOOST_TEST(refusal(R"({"small": 65536})") == "small: must be from 0 to 65535");
  BOOST_TEST(refusal(R"({"small": -1})") == "small: must be from 0 to 65535");
}

BOOST_AUTO_TEST_CASE(bools_may_be_numbers_and_words) {
  auto management = [](const std::string& value) {
    return read(R"({"host_list":[{"host_name":"a","public_ip":"::1","management":)" + value + "}]}")
      .host_list[0]
      .management;
  };
  for (auto yes : {"true", "1", "\"true\"", "\"YES\"", "\"on\"", "\"T\"", "\"y\"", "\"1\""})
    BOOST_TEST(management(yes));
  for (auto no : {"false", "0", "\"False\"", "\"no\"", "\"OFF\"", "\"f\"", "\"n\"", "\"0\""})
    BOOST_TEST(!management(no));
  for (auto wrong : {"2", "\"\"", "\"ja\"", "\"t|y\"", "1.0", "[]"})
    BOOST_TEST(refusal(R"({"host_list":[{"host_name":"a","public_ip":"::1","management":)" +
                       std::string{wrong} + "}]}") ==
               "host_list[0].management: must be true or false");
}

BOOST_AUTO_TEST_CASE(lengths_count_characters_not_bytes) {
  auto named = [](const std::string& name) {
    return R"({"host_list":[{"host_name":")" + name + R"(","public_ip":"10.0.0.1"}]})";
  };
  BOOST_TEST(refusal(named("ABCDE")) == "");
  BOOST_TEST(refusal(named("äöüßé")) == "");
  BOOST_TEST(refusal(named("节点节点节")) == "");
  BOOST_TEST(refusal(named("ABCDEF")) == "host_list[0].host_name: must have 1 to 5 characters");
  BOOST_TEST(refusal(named("")) == "host_list[0].host_name: must not be empty");
  BOOST_TEST(refusal(named("  ")) == "host_list[0].host_name: must not be blank");
  BOOST_TEST(refusal(named("\xC2\xA0\xE3\x80\x80")) == "host_list[0].host_name: must not be blank");
  BOOST_TEST(refusal(named("a\\u0000b")) ==
             "host_list[0].host_name: must not contain a NUL character");
  BOOST_TEST(refusal(R"({"label":{"a":"  "}})") == "");
}

BOOST_AUTO_TEST_CASE(texts_must_be_texts) {
  BOOST_TEST(refusal(R"({"check_items": [1]})") == "check_items[0]: must be a text");
  BOOST_TEST(refusal(R"({"check_items": "x"})") == "check_items: must be a list");
}

BOOST_AUTO_TEST_CASE(addresses_are_ipv4_ipv6_or_names) {
  auto at = [](const std::string& ip) {
    return refusal(R"({"host_list":[{"host_name":"a","public_ip":")" + ip + "\"}]}");
  };
  for (auto fine : {"10.0.0.1", "::1", "2001:db8::ff00:42:8329", "::ffff:10.0.0.1", "web-1"})
    BOOST_TEST(at(fine) == "");
  for (auto wrong : {"10.0.0", "10.0.0.256", "1.2.3.4 ", "fe80::1%eth0", "10.0.0.1/8"})
    BOOST_TEST(at(wrong) ==
               "host_list[0].public_ip: must be an IPv4 address, an IPv6 address or a DNS name");
}

BOOST_AUTO_TEST_CASE(an_alias_is_accepted_but_not_beside_the_name) {
  BOOST_TEST(read(R"({"chcek_items": ["a"]})").check_items.at(0) == "a");
  BOOST_TEST(refusal(R"({"chcek_items": ["a"], "check_items": []})") ==
             "check_items: is given twice, also as chcek_items");
}

BOOST_AUTO_TEST_CASE(choices_may_include_the_empty_text) {
  BOOST_TEST(read(R"({"sort": ""})").sort == "");
  BOOST_TEST(read(R"({"sort": "end"})").sort == "end");
  for (auto wrong : {R"({"sort": "start|end"})", R"({"sort": "star"})", R"({"sort": "|"})"})
    BOOST_TEST(refusal(wrong) == "sort: must be one of: , start, end");
}

BOOST_AUTO_TEST_CASE(lists_and_maps_have_sizes) {
  BOOST_TEST(refusal(R"({"host_list": []})") == "host_list: must have 1 to 3 items");
  BOOST_TEST(refusal(R"({"time_range": [1]})") == "time_range: must have exactly 2 items");
  BOOST_TEST(refusal(R"({"label": {"a":"","b":"","c":""}})") == "label: must have 0 to 2 items");
  BOOST_TEST(refusal(R"({"label": {"a":"12345"}})") == "label.a: must have 0 to 4 characters");
  BOOST_TEST(refusal(R"({"label": {"":"1"}})") == "label: has an empty name");
}

BOOST_AUTO_TEST_CASE(times_are_whole_seconds_unless_fractional) {
  auto x = read(R"({"time_range": [1, "20"], "at": 1.5})");
  BOOST_TEST(x.time_range[0].ms == 1000);
  BOOST_TEST(x.time_range[1].ms == 20000);
  BOOST_TEST(x.at.ms == 1500);
  BOOST_TEST(refusal(R"({"time_range": [1.5, 2]})") ==
             "time_range[0]: must be a time in whole seconds");
  BOOST_TEST(refusal(R"({"time_range": [1, true]})") ==
             "time_range[1]: must be a time in whole seconds");
  BOOST_TEST(refusal(R"({"time_range": [1, 9223372036854775807]})") ==
             "time_range[1]: must be a time in seconds since 1970-01-01");
}

BOOST_AUTO_TEST_CASE(times_are_written_in_whole_seconds_unless_fractional) {
  sample_request x;
  x.time_range = {moment{1'999}, moment{-1}};
  x.at = moment{1'999};
  BOOST_TEST(base::encode(x)["time_range"].dump() == "[1,-1]");
  BOOST_TEST(base::encode(x)["at"].dump() == "1.999");
  x.at = moment{2'000};
  BOOST_TEST(base::encode(x)["at"].dump() == "2");
  auto schema = base::schema_of<sample_request>()["properties"];
  BOOST_TEST(schema["time_range"]["items"]["type"] == "integer");
  BOOST_TEST(schema["at"]["type"] == "number");
}

BOOST_AUTO_TEST_CASE(numbers_keep_their_kind) {
  BOOST_TEST((read(R"({"last": 9007199254740993})").last == number::of(int64_t{9007199254740993})));
  BOOST_TEST((read(R"({"last": 1.0})").last == number::of(1.0)));
  BOOST_TEST(base::encode(read(R"({"last": 0.1})"))["last"].dump() == "0.1");
  BOOST_TEST(read(R"({"share": "0.5"})").share == 0.5);
  BOOST_TEST(refusal(R"({"share": 1.5})") == "share: must be from 0 to 1");
}

BOOST_AUTO_TEST_CASE(rules_over_several_fields_come_last) {
  BOOST_TEST(refusal(R"({"lower": 10})") == "lower: must not be above upper");
  BOOST_TEST(refusal(R"({"lower": 10, "page": "x"})") == "page: must be an integer");
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back) {
  auto text =
    R"({"host_list":[{"host_name":"a","public_ip":"::1","ssh_port":2222,"management":true}],
                  "time_range":[5,6],"check_items":["x"],"sort":"end","label":{"k":"v"},"page":3,"note":"n",
                  "content":{"z":[1,null]},"share":0.25,"last":7,"small":9,"at":1.25,"paint":"green"})";
  auto first = base::encode(read(text));
  BOOST_TEST(base::encode(read(first.dump())) == first);
  BOOST_TEST(first["content"] == json::parse(R"({"z":[1,null]})"));
  BOOST_TEST(first["time_range"].dump() == "[5,6]");
  BOOST_TEST(first["at"].dump() == "1.25");
  BOOST_TEST(first["paint"] == "green");
}

BOOST_AUTO_TEST_CASE(sealed_and_internal_fields_are_never_written) {
  sample_request x;
  x.owner = "me";
  x.host_list.push_back({"a", "::1", 22, false, sealed_text{"hunter2"}});
  auto text = base::encode(x).dump();
  BOOST_TEST(text.find("hunter2") == text.npos);
  BOOST_TEST(text.find("owner") == text.npos);
}

BOOST_AUTO_TEST_CASE(additive_fields_are_left_out_when_unset) {
  auto out = base::encode(sample_request{});
  BOOST_TEST(!out.contains("note"));
  BOOST_TEST(!out.contains("content"));
  BOOST_TEST(out["page"].is_null());
  BOOST_TEST(out["check_items"] == json::array());
}

BOOST_AUTO_TEST_CASE(infinities_become_texts) {
  sample_request x;
  x.last = number::of(std::numeric_limits<double>::infinity());
  x.share = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(base::encode(x)["last"] == "Infinity");
  BOOST_TEST(base::encode(x)["share"] == "NaN");
}

BOOST_AUTO_TEST_CASE(the_schema_tells_what_decoding_demands) {
  json components = json::object();
  auto reference = base::schema_of<sample_request>(&components);
  BOOST_TEST(reference["$ref"] == "#/components/schemas/sample_request");
  const auto& host = components["sample_host"];
  BOOST_TEST(host["required"] == json({"host_name", "public_ip"}));
  BOOST_TEST(host["additionalProperties"] == false);
  BOOST_TEST(host["properties"]["host_name"]["maxLength"] == 5);
  BOOST_TEST(host["properties"]["password"]["writeOnly"] == true);
  const auto& request = components["sample_request"]["properties"];
  BOOST_TEST(!request.contains("owner"));
  BOOST_TEST(request["sort"]["enum"] == json({"", "start", "end"}));
  // The rules of an item are not those of the list.
  BOOST_TEST(!request["check_items"]["items"].contains("maxItems"));
  BOOST_TEST(request["check_items"]["description"] == "Names. Also accepted as `chcek_items`.");
  BOOST_TEST(request["page"]["minimum"] == 1);
  BOOST_TEST(request["share"]["anyOf"][0]["maximum"] == 1);
  BOOST_TEST(request["share"]["anyOf"][1]["enum"] == json({"NaN", "Infinity", "-Infinity"}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_parser)

BOOST_AUTO_TEST_CASE(errors_name_line_and_column) {
  auto problem = [](std::string_view text) { return base::parse_json(text).error().detail; };
  BOOST_TEST(problem("{\n  \"a\": 1,\n  \"b\": }").starts_with("line 3, column 8: unexpected '}'"));
  BOOST_TEST(problem("").starts_with("line 1, column 1: unexpected end of input"));
  BOOST_TEST(
    problem("{\"a\": \"\xff\"}").starts_with("line 1, column 8: invalid string: ill-formed UTF-8"));
  BOOST_TEST(problem("1e999") == "line 1, column 5: not valid JSON");
}

BOOST_AUTO_TEST_CASE(depth_is_limited) {
  BOOST_TEST(base::parse_json(nested(512)).has_value());
  BOOST_TEST(base::parse_json(nested(513)).error().detail == "nested deeper than 512 levels");
  BOOST_TEST(base::parse_json(nested(5), 4).error().detail == "nested deeper than 4 levels");
  BOOST_TEST(!base::parse_json(std::string(1'000'000, '[')).has_value());
}

BOOST_AUTO_TEST_CASE(double_names_are_refused) {
  BOOST_TEST(base::parse_json(R"({"a":1,"b":{"a":2},"a":3})").error().detail ==
             "the name `a` stands twice in one object");
  BOOST_TEST(base::parse_json(R"([{"a":1},{"a":2}])").has_value());
}

BOOST_AUTO_TEST_CASE(documents_are_built_as_they_stand) {
  auto text = R"({"a":[1,-2,3.5,"x",true,null,{"b":[]}],"c":{}})";
  BOOST_TEST(*base::parse_json(text) == json::parse(text));
  BOOST_TEST(*base::parse_json("7") == 7);
}

BOOST_AUTO_TEST_SUITE_END()
