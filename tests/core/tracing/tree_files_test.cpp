#include "tests/core/tracing/helpers.hpp"

namespace tree_files_test {

using namespace aops;
using namespace aops::tracing;
using namespace aops::tests;

BOOST_AUTO_TEST_SUITE(json_files)

BOOST_AUTO_TEST_CASE(values_are_what_the_document_is) {
  BOOST_TEST(
    values_of(R"( {"b": [1, 2.5, "x\u00fc"], "a": {"n": null, "t": true}} )", file_type::json)
      .dump() == R"({"b":[1,2.5,"xü"],"a":{"n":null,"t":true}})");
  BOOST_TEST(values_of("\n", file_type::json).dump() == "{}");
}

BOOST_AUTO_TEST_CASE(faults_have_their_line) {
  auto at = [](const char* text) { return fault_of(text, file_type::json); };
  BOOST_TEST(at("{\n\"a\": 1\n\"b\": 2}") == "line 3: `,` or `}` is missing");
  BOOST_TEST(at("{\"a\": 1,\n \"a\": 2}") == "line 2: a name stands twice in one object");
  BOOST_TEST(at("[1,]") == "line 1: a value is missing");
  BOOST_TEST(at("{} x") == "line 1: something follows the document");
  BOOST_TEST(at("[\n01]") == "line 2: no valid value");
  BOOST_TEST(at("[\n\"a") == "line 2: a text without an end");
  BOOST_TEST(at("[\"\\q\"]") == "line 1: no valid value");
  BOOST_TEST(at("// c\n{}") == "line 1: a value is missing");
  BOOST_TEST(at("[1e999]") == "line 1: no valid value");
}

BOOST_AUTO_TEST_CASE(only_what_differs_changes) {
  std::string text =
    "{\n  \"a\" : 1,\n  \"list\": [1, 2, 3],\n  \"o\": {\n    \"x\": \"y\"\n  }\n}\n";
  auto to = [&](const char* values) { return applied(text, values, file_type::json); };
  BOOST_TEST(to(R"({"o":{"x":"y"},"list":[1,2,3],"a":1})") == text);
  BOOST_TEST(to(R"({"a":2,"list":[1,3],"o":{"x":"y"}})") ==
             "{\n  \"a\" : 2,\n  \"list\": [1, 3],\n  \"o\": {\n    \"x\": \"y\"\n  }\n}\n");
  BOOST_TEST(
    to(R"({"list":[1,2,9,3],"o":{"x":"y","z":{"q":[1]}}})") ==
    "{\n  \"list\": [1, 2, 9, 3],\n  \"o\": {\n    \"x\": \"y\",\n    \"z\": {\n      \"q\": [\n"
    "        1\n      ]\n    }\n  }\n}\n");
  BOOST_TEST(to(R"({"a":1,"list":[],"o":{}})") ==
             "{\n  \"a\" : 1,\n  \"list\": [],\n  \"o\": {}\n}\n");
  BOOST_TEST(to(R"({"n":0})") == "{\n  \"n\": 0\n}\n");
  BOOST_TEST(applied(R"({"a":[]})", R"({"a":[1,{"b":2}]})", file_type::json) ==
             R"({"a":[1, {"b":2}]})");
}

BOOST_AUTO_TEST_CASE(comments_are_kept_where_a_model_knows_them) {
  auto how = syntax_of(file_type::json);
  how.comments = {"//"};
  BOOST_TEST(applied("// head\n{\n  \"a\": 1, /* one */\n  // two\n  \"b\": 2\n}\n",
                     R"({"a":1,"b":3})",
                     how) == "// head\n{\n  \"a\": 1, /* one */\n  // two\n  \"b\": 3\n}\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(toml_files)

const std::string toml_text = R"(# head
title = "x" # name
when = 2024-01-02
list = [ 1, # one
  2 ]

[server] # of it
port = 80
tls.on = true

[[peer]]
name = 'a'

[[peer]]
name = 'b'
)";

BOOST_AUTO_TEST_CASE(values_keep_types_and_order) {
  BOOST_TEST(
    values_of(toml_text, file_type::toml).dump() ==
    R"({"title":"x","when":"2024-01-02","list":[1,2],"server":{"port":80,"tls":{"on":true}},)"
    R"("peer":[{"name":"a"},{"name":"b"}]})");
  BOOST_TEST(values_of("", file_type::toml).dump() == "{}");
  BOOST_TEST(fault_of("a = 1\nb = \n", file_type::toml).starts_with("line 2: no valid TOML"));
  BOOST_TEST(fault_of("a = 1\na = 2\n", file_type::toml).starts_with("line 2: no valid TOML"));
}

BOOST_AUTO_TEST_CASE(only_what_differs_changes) {
  auto values = values_of(toml_text, file_type::toml);
  auto to = [&](auto change) {
    auto wanted = values;
    change(wanted);
    auto x = apply(toml_text, wanted, syntax_of(file_type::toml));
    BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
    return *x;
  };
  auto with = [&](std::string_view from, std::string_view to) {
    auto out = toml_text;
    return out.replace(out.find(from), from.size(), to);
  };
  BOOST_TEST(to([](json&) {}) == toml_text);
  BOOST_TEST(to([](json& x) { x["title"] = "y"; }) == with("\"x\"", "\"y\""));
  BOOST_TEST(to([](json& x) { x["when"] = "2024-03-04"; }) == with("2024-01-02", "2024-03-04"));
  BOOST_TEST(to([](json& x) { x["list"] = {1, 3}; }) == with("  2 ]", "  3 ]"));
  BOOST_TEST(to([](json& x) { x["server"]["tls"]["on"] = false; }) == with("true", "false"));
  BOOST_TEST(to([](json& x) { x["server"]["tls"]["key"] = "k"; }) ==
             with("tls.on = true\n", "tls.on = true\ntls.key = \"k\"\n"));
  BOOST_TEST(to([](json& x) { x["server"]["host"] = "h"; }) ==
             with("port = 80\n", "port = 80\nhost = \"h\"\n"));
  BOOST_TEST(to([](json& x) { x["server"].erase("port"); }) == with("port = 80\n", ""));
  BOOST_TEST(to([](json& x) { x.erase("server"); }) ==
             with("[server] # of it\nport = 80\ntls.on = true\n", ""));
  BOOST_TEST(to([](json& x) { x["n"] = 1.5; }) == with("  2 ]\n", "  2 ]\nn = 1.5\n"));
  BOOST_TEST(to([](json& x) {
               x["peer"].push_back({{"name", "c"}});
             }) == toml_text + "\n[[peer]]\nname = \"c\"\n");
  BOOST_TEST(to([](json& x) { x["peer"].erase(1); }) == with("[[peer]]\nname = 'b'\n", ""));
  BOOST_TEST(to([](json& x) {
               x["log"] = {{"level", "info"}, {"to", {{"file", "f"}}}};
             }) == toml_text + "\n[log]\nlevel = \"info\"\n\n[log.to]\nfile = \"f\"\n");
  BOOST_TEST(!apply(toml_text, json::parse(R"({"a":null})"), syntax_of(file_type::toml)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(yaml_files)

const std::string yaml_text = R"(---
# head
name: web  # of it
ports:
- 80
- 443 # tls
server:
  host: "a"
  # limits
  limits: {cpu: 1, memory: 2}
  motd: |
    # hello
    you
users:
  - name: anna
    id: 1
  - name: bert
    id: 2
)";

BOOST_AUTO_TEST_CASE(values_are_what_the_document_is) {
  BOOST_TEST(
    values_of(yaml_text, file_type::yaml).dump() ==
    R"({"name":"web","ports":[80,443],"server":{"host":"a","limits":{"cpu":1,"memory":2},)"
    R"("motd":"# hello\nyou\n"},"users":[{"name":"anna","id":1},{"name":"bert","id":2}]})");
  BOOST_TEST(values_of("# only\n\n", file_type::yaml).dump() == "{}");
  BOOST_TEST(fault_of("a: 1\nb: [\n", file_type::yaml).starts_with("line "));
  BOOST_TEST(fault_of("a: 1\na: 2\n", file_type::yaml) == "line 2: the key `a` stands twice");
}

BOOST_AUTO_TEST_CASE(only_what_differs_changes) {
  auto values = values_of(yaml_text, file_type::yaml);
  auto to = [&](auto change) {
    auto wanted = values;
    change(wanted);
    auto x = apply(yaml_text, wanted, syntax_of(file_type::yaml));
    BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail) + wanted.dump());
    return *x;
  };
  auto with = [&](std::string_view from, std::string_view to) {
    auto out = yaml_text;
    BOOST_REQUIRE(out.find(from) != out.npos);
    return out.replace(out.find(from), from.size(), to);
  };
  BOOST_TEST(to([](json&) {}) == yaml_text);
  BOOST_TEST(to([](json& x) { x["name"] = "db"; }) == with("web  #", "db  #"));
  BOOST_TEST(to([](json& x) { x["name"] = "yes: no"; }) == with("web  #", "\"yes: no\"  #"));
  BOOST_TEST(to([](json& x) { x["server"]["host"] = "b"; }) == with("\"a\"", "\"b\""));
  BOOST_TEST(to([](json& x) { x["server"]["limits"]["cpu"] = 3; }) ==
             with(" {cpu: 1, memory: 2}", "\n    cpu: 3\n    memory: 2"));
  BOOST_TEST(to([](json& x) { x["server"]["motd"] = "bye"; }) ==
             with("|\n    # hello\n    you\n", "bye\n"));
  BOOST_TEST(to([](json& x) { x["ports"] = {80, 8443}; }) == with("443 #", "8443 #"));
  BOOST_TEST(to([](json& x) { x["ports"].push_back(8080); }) ==
             with("- 443 # tls\n", "- 443 # tls\n- 8080\n"));
  BOOST_TEST(to([](json& x) { x["ports"] = {443}; }) == with("- 80\n", ""));
  BOOST_TEST(to([](json& x) { x.erase("ports"); }) == with("ports:\n- 80\n- 443 # tls\n", ""));
  BOOST_TEST(to([](json& x) { x["ports"] = json::array(); }) ==
             with("ports:\n- 80\n- 443 # tls\n", "ports: []\n"));
  BOOST_TEST(to([](json& x) {
               x["server"]["tls"] = {{"key", "k"}};
             }) == with("    you\n", "    you\n  tls:\n    key: k\n"));
  BOOST_TEST(to([](json& x) { x["users"][0].erase("name"); }) ==
             with("name: anna\n    id: 1", "id: 1"));
  BOOST_TEST(to([](json& x) { x["users"][1]["id"] = 7; }) == with("id: 2", "id: 7"));
  BOOST_TEST(to([](json& x) { x["users"].erase(0); }) == with("  - name: anna\n    id: 1\n", ""));
  BOOST_TEST(to([](json& x) {
               x["users"].push_back({{"name", "carl"}, {"id", 3}});
             }) == yaml_text + "  - name: carl\n    id: 3\n");
}

BOOST_AUTO_TEST_CASE(what_two_places_share_is_not_changed_behind_ones_back) {
  std::string text = "a: &x\n  k: 1\nb: *x\n";
  BOOST_TEST(values_of(text, file_type::yaml).dump() == R"({"a":{"k":1},"b":{"k":1}})");
  auto x = apply(text, json::parse(R"({"a":{"k":1},"b":{"k":2}})"), syntax_of(file_type::yaml));
  BOOST_REQUIRE(!x);
  BOOST_TEST((x.error() == ec::bad_request));
}

BOOST_AUTO_TEST_CASE(a_new_file_is_a_block) {
  BOOST_TEST(*print(json::parse(R"({"a":{"b":[1,{"c":"x y","d":[]}]},"e":"true"})"),
                    syntax_of(file_type::yaml)) ==
             "a:\n  b:\n    - 1\n    - c: \"x y\"\n      d: []\ne: \"true\"\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(xml_files)

const std::string xml_text = R"(<?xml version="1.0"?>
<!-- head -->
<config version='2'>
  <name>web &amp; db</name>
  <!-- peers -->
  <peer id="1"/>
  <peer id="2">b</peer>
  <raw><![CDATA[<x>]]></raw>
</config>
)";

BOOST_AUTO_TEST_CASE(elements_are_members) {
  BOOST_TEST(
    values_of(xml_text, file_type::xml).dump() ==
    R"({"config":{"@version":"2","name":"web & db","peer":[{"@id":"1"},{"@id":"2","#text":"b"}],"raw":"<x>"}})");
}

BOOST_AUTO_TEST_CASE(faults_have_their_line) {
  auto at = [](const char* text) { return fault_of(text, file_type::xml); };
  BOOST_TEST(at("") == "line 1: an element is missing");
  BOOST_TEST(at("<a>\n<b></a>") == "line 2: a tag closes another element");
  BOOST_TEST(at("<a>") == "line 1: an element without an end");
  BOOST_TEST(at("<a/>\n<b/>") == "line 2: something follows the document");
  BOOST_TEST(at("<a b='1' b='2'/>") == "line 1: an attribute stands twice");
  BOOST_TEST(at("<a>\n&x;</a>") == "line 2: an unknown entity");
  BOOST_TEST(at("<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>&x;</a>") ==
             "line 1: declarations within a document type are not read");
}

BOOST_AUTO_TEST_CASE(only_what_differs_changes) {
  auto values = values_of(xml_text, file_type::xml);
  auto to = [&](auto change) {
    auto wanted = values;
    change(wanted["config"]);
    auto x = apply(xml_text, wanted, syntax_of(file_type::xml));
    BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail) + wanted.dump());
    return *x;
  };
  auto with = [&](std::string_view from, std::string_view to) {
    auto out = xml_text;
    return out.replace(out.find(from), from.size(), to);
  };
  BOOST_TEST(to([](json&) {}) == xml_text);
  BOOST_TEST(to([](json& x) { x["@version"] = "3"; }) == with("'2'", "'3'"));
  BOOST_TEST(to([](json& x) { x["@new"] = "<"; }) == with("'2'", "'2' new=\"&lt;\""));
  BOOST_TEST(to([](json& x) { x.erase("@version"); }) == with(" version='2'", ""));
  BOOST_TEST(to([](json& x) { x["name"] = "a<b"; }) == with("web &amp; db", "a&lt;b"));
  BOOST_TEST(to([](json& x) { x["raw"] = "y"; }) == with("<![CDATA[<x>]]>", "y"));
  BOOST_TEST(to([](json& x) { x.erase("raw"); }) == with("  <raw><![CDATA[<x>]]></raw>\n", ""));
  BOOST_TEST(to([](json& x) { x["peer"][0]["#text"] = "t"; }) ==
             with("<peer id=\"1\"/>", "<peer id=\"1\">t</peer>"));
  BOOST_TEST(to([](json& x) {
               x["peer"].push_back({{"@id", "3"}});
             }) == with("b</peer>\n", "b</peer>\n  <peer id=\"3\"/>\n"));
  BOOST_TEST(to([](json& x) { x["peer"].erase(0); }) == with("  <peer id=\"1\"/>\n", ""));
  BOOST_TEST(to([](json& x) {
               x["log"] = {{"level", "info"}};
             }) == with("</raw>\n", "</raw>\n  <log>\n    <level>info</level>\n  </log>\n"));
}

BOOST_AUTO_TEST_CASE(no_name_can_say_more_than_a_name) {
  for (const char* values : {R"({"config":{"a><b":"1"}})",
                             R"({"config":{"@a=\"1\" b":"1"}})",
                             R"({"other":"x"})",
                             R"({"config":"x","more":"y"})"}) {
    auto x = apply(xml_text, json::parse(values), syntax_of(file_type::xml));
    BOOST_TEST(!x);
  }
  BOOST_TEST(
    *print(json::parse(R"({"c":{"@a":"1","b":["x","y"]}})"), syntax_of(file_type::xml)) ==
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<c a=\"1\">\n  <b>x</b>\n  <b>y</b>\n</c>\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tree_files_test
