#pragma once

#include "runtime/core/tracing/model.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

namespace aops::tests {

inline std::string file_text(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(in.good(), path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string sample_of(const std::string& model) {
  return file_text(std::string{AOPS_SOURCE_DIR} + "/tests/core/tracing/samples/" + model);
}

inline const tracing::registry& shipped() {
  static const auto it = tracing::registry::load(tracing::shipped_models());
  BOOST_REQUIRE_MESSAGE(it.has_value(), (it ? "" : it.error().detail));
  return *it;
}

inline const tracing::model& model_of(const std::string& name) {
  for (const auto& x : shipped().all())
    if (x.name == name)
      return x;
  BOOST_FAIL("no model " + name);
  return tracing::text_model();
}

inline tracing::json values_of(const std::string& text, const tracing::syntax& how) {
  auto x = tracing::parse(text, how);
  BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
  BOOST_TEST(x->text() == text);
  return x->values();
}

inline tracing::json values_of(const std::string& text, tracing::file_type type) {
  return values_of(text, tracing::syntax_of(type));
}

inline std::string fault_of(const std::string& text, const tracing::syntax& how) {
  auto x = tracing::parse(text, how);
  BOOST_REQUIRE_MESSAGE(!x, text);
  BOOST_TEST((x.error() == ec::bad_request));
  return x.error().detail;
}

inline std::string fault_of(const std::string& text, tracing::file_type type) {
  return fault_of(text, tracing::syntax_of(type));
}

/// The file with other values.
inline std::string
applied(const std::string& text, const std::string& values, const tracing::syntax& how) {
  auto x = tracing::apply(text, tracing::json::parse(values), how);
  BOOST_REQUIRE_MESSAGE(x.has_value(), (x ? "" : x.error().detail));
  return *x;
}

inline std::string
applied(const std::string& text, const std::string& values, tracing::file_type type) {
  return applied(text, values, tracing::syntax_of(type));
}

} // namespace aops::tests
