#include "runtime/base/option_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <fstream>
#include <list>
#include <unistd.h>

namespace option_file_test {

using namespace aops;
using namespace aops::base;

namespace {

struct pet {
  std::string name;
  std::vector<std::string> tricks = {"none"};
};

struct household {
  duration walk = seconds(5);
  std::string town;
  std::list<pet> pets;

  std::vector<option> options() {
    option first{{}, "walk", &walk}, second{{}, "town", &town};
    first.min = 1000;
    first.max = 60'000;
    first.doc = "How long";
    second.doc = "Where";
    return {first, second};
  }
  std::vector<option_tables> tables() {
    return {{"pet", [this] {
               auto& x = pets.emplace_back();
               return std::vector{option{{}, "name", &x.name}, option{{}, "tricks", &x.tricks}};
             }}};
  }
};

class written_file {
public:
  explicit written_file(const std::string& text) {
    char name[] = "/tmp/aops-options-XXXXXX";
    ::close(::mkstemp(name));
    name_ = name;
    std::ofstream{name_} << text;
  }
  ~written_file() { std::remove(name_.c_str()); }
  const std::string& name() const { return name_; }

  std::string refusal() const {
    household x;
    auto read = read_option_file(name_, x.options(), x.tables());
    if (read)
      return "none";
    auto out = read.error().detail;
    for (size_t at; (at = out.find(name_)) != out.npos;)
      out.replace(at, name_.size(), "F");
    return out;
  }

private:
  std::string name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(option_files)

BOOST_AUTO_TEST_CASE(options_and_tables_are_read_and_where_they_stand) {
  written_file file{
    "walk = \"10s\"\n[[pet]]\nname = \"rex\"\ntricks = [\"sit\", \"a,b\"]\n[[pet]]\n"};
  household x;
  auto read = read_option_file(file.name(), x.options(), x.tables());
  BOOST_REQUIRE_MESSAGE(read, (read ? std::string{} : read.error().detail));
  BOOST_TEST(x.walk.ms == 10'000);
  BOOST_TEST(x.town == "");
  BOOST_REQUIRE(x.pets.size() == 2u);
  BOOST_TEST(x.pets.front().tricks == (std::vector<std::string>{"sit", "a,b"}),
             boost::test_tools::per_element());
  BOOST_TEST(x.pets.back().tricks.size() == 1u);
  BOOST_TEST((*read)["walk"] == file.name() + ":1");
  BOOST_TEST((*read)["pet[0].name"] == file.name() + ":3");
  BOOST_TEST(read->contains("pet[1]"));
  BOOST_TEST(!read->contains("town"));
}

BOOST_AUTO_TEST_CASE(all_faults_are_told_each_with_its_line) {
  BOOST_TEST(written_file{"town = 7\nwalk = \"2m\"\n[[pet]]\nnam = \"x\"\n"}.refusal() ==
             "F:1: town: must be a text in quotes\n"
             "F:2: walk: must be from 1s to 1m\n"
             "F:4: pet[0].nam: unknown key, did you mean 'name'?");
  BOOST_TEST(written_file{"pet = 1\n"}.refusal() == "F:1: pet: must be tables: [[pet]]");
  BOOST_TEST(written_file{"[[pet]]\ntricks = [1]\n"}.refusal() ==
             "F:2: pet[0].tricks: must be a list of texts");
  BOOST_TEST(written_file{"walk = [\n"}.refusal().starts_with("F:"));
  household x;
  auto none = read_option_file("/nowhere.toml", x.options());
  BOOST_REQUIRE(!none);
  BOOST_TEST(none.error().detail.starts_with("/nowhere.toml: cannot be read"));
}

BOOST_AUTO_TEST_CASE(they_are_shown_with_their_meaning) {
  household x;
  BOOST_TEST(option_toml(x.options()) ==
             "# How long (duration, 1s to 1m)\nwalk = \"5s\"\n# Where\ntown = \"\"\n");
  BOOST_TEST(option_toml(x.options(), "# ").starts_with("# # How long"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace option_file_test
