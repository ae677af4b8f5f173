#pragma once

#include "cli/aops/command/verb.hpp"

#include <string_view>
#include <vector>

/// What the shells offer for a word, whichever shell it is.
namespace aops::cli {

/// What the value of an option may be; of all that is empty nothing can be said.
struct value_hint {
  std::vector<std::string_view> words; ///< One of these.
  std::string_view names;              ///< Something of this kind at the node: `hosts`.
  bool is_file = false;
  bool is_empty() const { return words.empty() && names.empty() && !is_file; }
};

value_hint hint_of(const verb& v, const option& o);

/// What stands behind an action without the name of its option, or behind the verb.
value_hint hint_of_words(const verb& v, const action* chosen);

/// The action and what means the same.
std::vector<std::string_view> spellings(const verb& v, const action& x);

/// The kinds of things that `--names` knows.
std::vector<std::string_view> kinds_of_names();

/// Names of such things, a line each; contexts from their folder, everything else from the node.
int print_names(session& s, std::string_view kind);

} // namespace aops::cli
