#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::base {

namespace {

/// Builds a document from the parser's events; refuses depth and double names as they come.
class document_builder {
public:
  document_builder(std::string_view text, size_t max_depth) : text_(text), max_depth_(max_depth) {}

  bool null() { return add(nullptr); }
  bool boolean(bool x) { return add(x); }
  bool number_integer(json::number_integer_t x) { return add(x); }
  bool number_unsigned(json::number_unsigned_t x) { return add(x); }
  bool number_float(json::number_float_t x, const json::string_t&) { return add(x); }
  bool string(json::string_t& x) { return add(std::move(x)); }
  bool binary(json::binary_t&) { return false; } // Not in texts.
  bool start_object(size_t) { return open(json::object()); }
  bool start_array(size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(json::string_t& name) {
    if (open_.back()->contains(name)) {
      constexpr size_t most = 64;
      problem_ = name.size() <= most ? fmt::format("the name `{}` stands twice in one object", name)
                                     : "a name stands twice in one object";
      return false;
    }
    slot_ = &(*open_.back())[std::move(name)];
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& e) {
    auto before = text_.substr(0, std::min(position == 0 ? 0 : position - 1, text_.size()));
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    auto column =
      before.size() - (before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1) + 1;
    problem_ = fmt::format("line {}, column {}: {}", line, column, reason_of(e.what()));
    return false;
  }

  json take() { return std::move(root_); }
  error problem() const { return {ec::bad_request, problem_}; }

private:
  /// The library's reason without what it last read, which may be a secret.
  static std::string reason_of(std::string_view what) {
    auto dash = what.find(" - ");
    if (dash == what.npos)
      return "not valid JSON";
    what.remove_prefix(dash + 3);
    return std::string{what.substr(0, what.find("; last read"))};
  }

  json* put(json&& value) {
    if (open_.empty())
      return &(root_ = std::move(value));
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    return &(*slot_ = std::move(value));
  }

  bool add(json value) {
    put(std::move(value));
    return true;
  }

  bool open(json value) {
    if (open_.size() >= max_depth_) {
      problem_ = fmt::format("nested deeper than {} levels", max_depth_);
      return false;
    }
    open_.push_back(put(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  size_t max_depth_;
  json root_;
  std::vector<json*> open_; ///< Stable: a container grows only while it is the innermost one.
  json* slot_ = nullptr;
  std::string problem_ = "not valid JSON";
};

} // namespace

expected<json> parse_json(std::string_view text, size_t max_depth) {
  document_builder builder{text, max_depth};
  if (!json::sax_parse(text, &builder))
    return fail(builder.problem());
  return builder.take();
}

} // namespace aops::base
