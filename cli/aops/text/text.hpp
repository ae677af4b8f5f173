#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::cli {

/// `a, b,c` → three texts without blanks around them. An empty element is `ec::bad_request`.
expected<std::vector<std::string>> split_list(std::string_view text);

/// Safe to show on a terminal: control characters become `\xNN`, what is no UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

/// Columns that printable UTF-8 text takes on a terminal.
size_t columns(std::string_view text);

/// At most `width` columns, the cut marked by `...`.
std::string clipped(std::string_view text, size_t width);

/// Lines of at most `width` columns, broken at blanks where possible. At least one line.
std::vector<std::string> wrapped(std::string_view text, size_t width);

/// The one of `known` that somebody who wrote `word` most likely meant; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// `; did you mean X?`, or nothing when none of `known` is near.
std::string hint_at(std::string_view word, const std::vector<std::string>& known);

/// ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// The beginning of an identifier: 4 to 31 hex digits.
bool is_id_prefix(std::string_view text);

/// An identifier of the REST contract: 32 hex digits.
bool is_id(std::string_view text);

std::string trimmed(std::string_view text);
/// Parts of at most `most` texts, in order.
std::vector<std::vector<std::string>> split_into(const std::vector<std::string>& texts,
                                                 size_t most);
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

} // namespace aops::cli
