#pragma once

#include "messages/error.hpp"
#include "runtime/core/tracing/document.hpp"
#include "runtime/core/tracing/syntax.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aops::tracing {

/// What a section may hold.
struct section_rule {
  std::string name;                 ///< `*` for any, also as its end: `Match *`.
  std::vector<std::string> options; ///< Empty: any. `*` at the end of one for what begins so.
};

/// A kind of file that is traced.
struct model {
  std::string name;               ///< `yum`: the name of its file, unique.
  std::string feature;            ///< What it belongs to.
  std::string description;        ///< One line; may be empty.
  std::string os_type;            ///< `openEuler`, `Debian`; `*`: any.
  std::vector<std::string> paths; ///< Absolute; `*` and `?` stand for what is within one part.
  syntax how;
  std::vector<section_rule> sections; ///< Empty: anything.
  std::vector<std::string> unordered; ///< Options whose values have no order.
  std::vector<std::string> secrets;   ///< Options whose values are not shown.
  std::string validate, activate;     ///< Ids of allowed commands that sync may use; may be empty.
  std::string origin;                 ///< The file it is from.
};

/// A file of models, read by somebody else.
struct model_file {
  std::string name; ///< `sshd_config.yml`
  std::string text;
};

/// Reads one model. ec::bad_request `FILE:LINE: reason`.
expected<model> read_model(std::string_view file_name, std::string_view text);

inline constexpr size_t most_models = 1000;
inline constexpr size_t most_model_bytes = size_t{256} << 10;

/// The models of a node. Immutable; any thread.
class registry {
public:
  /// @param files Later ones take the place of earlier ones of the same name.
  /// @returns ec::bad_request with a line `FILE:LINE: reason` for each file that does not read.
  static expected<registry> load(std::span<const model_file> files);

  /// The model of a path on a host with this system (`ID` of os-release, any case; empty: unknown):
  /// the one of the system before one of any, an exact path before a pattern, then by name.
  /// Null: there is none, and the file is text.
  const model* find(std::string_view path, std::string_view os_type = {}) const;

  /// The same; `text_model()` when there is none.
  const model& find_or_text(std::string_view path, std::string_view os_type = {}) const;

  const std::vector<model>& all() const { return models_; } ///< By name.

private:
  std::vector<model> models_;
};

/// The model of files without one: text, compared line by line. Its name is empty.
const model& text_model();

/// The models that come with aops (etc/tracing), as files: what `load` is given first.
std::span<const model_file> shipped_models();

/// Something of a file that its model does not know.
struct unknown_part {
  size_t line = 0;             ///< From 1; 0: not known.
  std::string section, option; ///< No option: the section itself.
  std::string text;            ///< `line 7: unknown option 'PermitRotLogin', did you mean ...`
};

/// What of a document the model does not know, by line, at most `most`. It is kept all the same.
std::vector<unknown_part> unknown_in(const document& x, const model& by, size_t most = 100);

} // namespace aops::tracing
