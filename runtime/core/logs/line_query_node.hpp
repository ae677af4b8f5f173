#pragma once

#include "runtime/core/logs/line_query.hpp"

/// What a query is made of: for those who read it otherwise than line by line.
namespace aops::logs {

struct line_query::node {
  enum class kind : uint8_t { term, all, any, not_ };
  enum class field : uint8_t {
    any,
    message,
    source,
    program,
    pid,
    host,
    facility,
    severity,
    named
  };

  kind what = kind::term;
  std::vector<node> parts; ///< Of `all`, `any` and `not_`.

  field where = field::any;
  std::string name; ///< Of a named field.
  std::string text; ///< In lower case.
  bool may_go_on = false;
  uint8_t worst = 0, mildest = 0; ///< Severities.
  uint8_t number = 0;             ///< Facility.
};

} // namespace aops::logs
