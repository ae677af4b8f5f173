#pragma once

#include "runtime/core/tracing/source_text.hpp"

#include <string>
#include <vector>

/// INTERNAL: XML with the places of its parts. Names of spaces are names; nothing is looked up.
namespace aops::tracing {

struct xml_attribute {
  std::string name, value;
  size_t begin = 0, end = 0;             ///< With name and quotes.
  size_t value_begin = 0, value_end = 0; ///< Within the quotes.
};

/// A piece of text; those between comments are pieces of their own.
struct xml_text {
  size_t begin = 0, end = 0; ///< Of CDATA with its marks.
  std::string value;         ///< What it stands for.
};

struct xml_element {
  std::string name;
  size_t begin = 0, end = 0;
  size_t open_stop = 0;   ///< Where the `>` or `/>` of its first tag begins.
  size_t open_end = 0;    ///< Where its content begins.
  size_t close_begin = 0; ///< Where its last tag begins; of `<a/>` its end.
  bool is_short = false;  ///< `<a/>`
  std::vector<xml_attribute> attributes;
  std::vector<xml_text> texts;
  std::vector<xml_element> children;
};

/// The root. ec::bad_request with the line: not well-formed, declarations of its own (which could
/// make much of little), a bound broken.
expected<xml_element> read_xml(std::string_view text);

/// A text when there is nothing else; else `{"@attribute":..., "child":..., "#text":...}`, children
/// of one name in a list.
json value_of(const xml_element& x);

} // namespace aops::tracing
