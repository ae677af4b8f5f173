#pragma once

#include "messages/describe.hpp"
#include "messages/error.hpp"
#include "messages/sample.hpp"
#include "messages/values.hpp"
#include "runtime/base/json_library.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aops::base {

using json = nlohmann::json;

} // namespace aops::base

/// What `json_codec.hpp` is made of: single values, without templates. Each `read_*` leaves
/// `ec::bad_request` in `err` and returns false when the value breaks a rule.
namespace aops::base::codec {

/// Where in a document the reader is. Lives on the stack; becomes text only for an error.
struct place {
  const place* outer = nullptr;
  std::string_view name; ///< Empty: an item of a list.
  size_t index = 0;
};

/// Puts `path: reason` into `err`; false.
bool refuse(const place* at, std::string_view reason, error& err);

/// Puts an error whose detail begins with a field's name into `err`, with the path before it;
/// false.
bool pass_on(const place* at, error e, error& err);

bool has_fair_size(size_t size, const field_rules& rules, const place& at, error& err);
bool is_fair_key(std::string_view name, const place& at, error& err);

/// Lengths count code points. No NUL, no text of blanks only unless the rules allow it.
bool read_text(
  const json& j, std::string& out, const field_rules& rules, const place& at, error& err);
/// An integer, a text that is one, or a number without a fraction.
bool read_integer(
  const json& j, int64_t& out, const field_rules& rules, const place& at, error& err);
/// true, false, 0, 1 and the texts true/false/yes/no/on/off/t/f/y/n/1/0 in any case.
bool read_bool(const json& j, bool& out, const place& at, error& err);
/// Finite; a number or a text that is one.
bool read_double(const json& j, double& out, const field_rules& rules, const place& at, error& err);
/// Whole seconds, 0 to the year 9999 unless the rules say otherwise (in seconds). The format
/// `fractional` allows milliseconds.
bool read_moment(const json& j, moment& out, const field_rules& rules, const place& at, error& err);
bool read_number(const json& j, number& out, const place& at, error& err);
/// Anything, unless the format says `object`, or `structure` for an object or a list.
bool read_json_text(
  const json& j, json_text& out, const field_rules& rules, const place& at, error& err);

/// NaN and infinities, for which JSON has no numbers, become the texts `NaN`, `Infinity`,
/// `-Infinity`.
json written_double(double x);
/// Whole seconds, cut down, unless the format is `fractional`.
json written_moment(const moment& x, const field_rules& rules);
json written_value(const number& x);
/// Null when the text is not JSON.
json written_value(const json_text& x);

json empty_object_schema();
json text_schema(const field_rules& rules, bool is_sealed);
json integer_schema(const field_rules& rules, bool is_unsigned);
json number_schema(const field_rules& rules);
json moment_schema(const field_rules& rules);
json structure_schema(const field_rules& rules);
json list_schema(const field_rules& rules, json items);
json map_schema(const field_rules& rules, json values);
void add_property(
  json& schema, std::string_view name, json value, const field_rules& rules, std::string_view doc);

/// Takes fields out of a JSON object and notices those that nobody asked for.
class object_reader_base {
public:
  object_reader_base(const json& object, const place* at, error& err)
      : object_(object), at_(at), err_(err) {}
  /// False when a field was refused, is missing, or is unknown; an unknown one is named first.
  bool finish();

protected:
  /// The value of a field, null when it is absent, internal, or an earlier field was refused.
  const json* take(std::string_view name, const field_rules& rules);
  void settle(bool ok) { ok_ = ok_ && ok; }
  const place* at() const { return at_; }
  error& err() { return err_; }

private:
  const json* find(std::string_view name) const;
  bool is_known(std::string_view name) const;
  const json& object_;
  const place* at_;
  error& err_;
  bool ok_ = true;
  size_t present_ = 0; ///< Members of the object that some field claimed.
  std::vector<std::string_view> known_;
};

} // namespace aops::base::codec
