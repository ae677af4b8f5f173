#pragma once

#include "runtime/core/fault/tree.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

/// Short ways to write fault trees in tests.
namespace aops::fault::tests {

using json = nlohmann::ordered_json;

inline json leaf(const std::string& name, const std::string& check_item) {
  return {{"node name", name}, {"value", nullptr}, {"check item", check_item}};
}

inline json
branch(const std::string& name, const std::string& condition, std::vector<json> children) {
  return {{"node name", name},
          {"value", nullptr},
          {"condition", condition},
          {"description", name + " is faulty"},
          {"advice", "mend " + name},
          {"children", children}};
}

inline tree_ptr compiled(const json& content) {
  auto out = tree::parse(content);
  BOOST_REQUIRE_MESSAGE(out.has_value(), (out ? "" : out.error().detail));
  return std::make_shared<const tree>(std::move(*out));
}

/// Why a tree is refused; empty when it is legal.
inline std::string refusal(const json& content) {
  auto out = tree::parse(content);
  if (out)
    return {};
  BOOST_TEST((out.error() == ec::bad_request));
  return out.error().detail;
}

} // namespace aops::fault::tests
