#pragma once

#include "messages/error.hpp"
#include "runtime/core/sockets/probe_record.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aops::sockets {

/// What one line, one table and one probe may have.
inline constexpr size_t most_probe_line = 4096, most_probe_fields = 64, most_probe_tables = 64,
                        most_probe_records = 1024;
/// How long a record counts that is not told again.
inline constexpr int64_t probe_record_ms = 60'000;

enum class field_kind : uint8_t { key, label, gauge, counter };

struct probe_field {
  std::string name;
  field_kind kind = field_kind::label;
};

/// A table that a probe tells about, of its meta file.
struct probe_table {
  std::string name;
  std::vector<probe_field> fields; ///< In the order of a line's values.
};

/// A field as a meta file has it: `client_ip key`. ec::bad_request with the reason.
expected<probe_field> read_probe_field(std::string_view text);

/// ec::bad_request with the reason: a name that is none, no key, a name twice, too many, or a table
/// of links that lacks one of the fields of a link.
expected<void> check_probe_table(const probe_table& x);

/// What lines of a probe said, a while long: `|table|value1|value2|...|`, other lines mean nothing.
class probe_lines {
public:
  explicit probe_lines(std::vector<probe_table> tables) : tables_(std::move(tables)) {}

  /// Takes what was read, in pieces of any size. A line that is too long is dropped whole.
  void take(std::string_view piece, int64_t now_ms);
  /// The probe ended: half a line means nothing.
  void end() { rest_.clear(), is_dropping_ = false; }
  /// Appends what counts now.
  void records(int64_t now_ms, std::vector<probe_record>& to);

  uint64_t taken() const { return taken_; }
  /// Lines of no known table, with other values than its fields, or too many.
  uint64_t refused() const { return refused_; }

private:
  struct kept {
    int64_t told_ms = 0;
    probe_record what;
  };
  void take_line(std::string_view line, int64_t now_ms);
  void forget(int64_t now_ms);

  std::vector<probe_table> tables_;
  std::string rest_;
  bool is_dropping_ = false;
  std::map<std::string, kept> kept_; ///< By table and keys.
  uint64_t taken_ = 0, refused_ = 0;
};

} // namespace aops::sockets
