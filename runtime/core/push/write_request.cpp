#include "runtime/core/push/write_request.hpp"

#include "runtime/base/utf8.hpp"

#include <fmt/format.h>

#include <bit>
#include <protozero/exception.hpp>
#include <protozero/pbf_message.hpp>
#include <snappy.h>

namespace aops::push {

namespace {

enum class in_request : protozero::pbf_tag_type { series = 1 };
enum class in_series : protozero::pbf_tag_type { label = 1, sample = 2, histogram = 4 };
enum class in_label : protozero::pbf_tag_type { name = 1, value = 2 };
enum class in_sample : protozero::pbf_tag_type { value = 1, time = 2 };

using protozero::pbf_message;
using protozero::pbf_wire_type;

constexpr std::string_view name_label = "__name__";

/// What is told of a text that may be anything.
constexpr size_t longest_told = 80;

std::string_view view_of(protozero::data_view x) { return {x.data(), x.size()}; }

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto length = base::utf8_length(text);
    if (length == 0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

/// [a-zA-Z_:][a-zA-Z0-9_:]*, colons in names of series alone.
bool is_name(std::string_view text, bool may_have_colons) {
  auto is_first = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (may_have_colons && c == ':');
  };
  if (text.empty() || !is_first(text.front()))
    return false;
  for (char c : text)
    if (!is_first(c) && !(c >= '0' && c <= '9'))
      return false;
  return true;
}

std::string told(std::string_view text) {
  if (!is_utf8(text))
    return "?";
  auto end = text.size();
  if (end > longest_told)
    for (end = longest_told; end > 0 && !is_utf8(text.substr(0, end)); --end)
      ;
  return std::string{text.substr(0, end)};
}

class request_reader {
public:
  explicit request_reader(const write_limits& limits) : limits_(limits) {}

  expected<write_request> read(std::string_view plain) {
    pbf_message<in_request> message{plain.data(), plain.size()};
    while (message.next())
      if (message.tag_and_type() ==
          tag_and_type(in_request::series, pbf_wire_type::length_delimited)) {
        if (++series_ > limits_.most_samples)
          return fail(
            ec::bad_request,
            fmt::format("more than {} series (remote_write.max_samples)", limits_.most_samples));
        if (auto taken = read_series(message.get_view()); !taken)
          return fail(std::move(taken.error()));
      } else {
        message.skip();
      }
    return std::move(out_);
  }

private:
  static void read_label(protozero::data_view in, std::string_view& name, std::string_view& value) {
    pbf_message<in_label> message{in};
    while (message.next())
      switch (message.tag_and_type()) {
      case tag_and_type(in_label::name, pbf_wire_type::length_delimited):
        name = view_of(message.get_view());
        break;
      case tag_and_type(in_label::value, pbf_wire_type::length_delimited):
        value = view_of(message.get_view());
        break;
      default:
        message.skip();
      }
  }

  static void read_sample(protozero::data_view in, written_series& to) {
    double value = 0;
    int64_t time = 0;
    pbf_message<in_sample> message{in};
    while (message.next())
      switch (message.tag_and_type()) {
      case tag_and_type(in_sample::value, pbf_wire_type::fixed64):
        value = message.get_double();
        break;
      case tag_and_type(in_sample::time, pbf_wire_type::varint):
        time = message.get_int64();
        break;
      default:
        message.skip();
      }
    to.times_ms.push_back(time);
    to.bits.push_back(std::bit_cast<int64_t>(value));
  }

  /// Why the label cannot be taken; empty: it was.
  std::string take_label(std::string_view name, std::string_view value, written_series& to) {
    if (name == name_label) {
      if (!to.name.empty())
        return "has two names";
      if (value.size() > limits_.longest_name)
        return fmt::format("has a name longer than {} bytes", limits_.longest_name);
      if (!is_name(value, true))
        return fmt::format("`{}` is no name of a series", told(value));
      to.name = value;
      return {};
    }
    if (!is_name(name, false))
      return fmt::format("`{}` is no name of a label", told(name));
    if (!is_utf8(value))
      return fmt::format("the value of label `{}` is no UTF-8", told(name));
    if (to.labels.size() >= limits_.most_labels)
      return fmt::format("has more than {} labels", limits_.most_labels);
    // One without a value is the same as none.
    if (!value.empty() && !to.labels.emplace(name, value).second)
      return fmt::format("label `{}` is there twice", told(name));
    return {};
  }

  expected<void> read_series(protozero::data_view in) {
    written_series x;
    std::string why;
    size_t bytes = 0, histograms = 0;
    pbf_message<in_series> message{in};
    while (message.next())
      switch (message.tag_and_type()) {
      case tag_and_type(in_series::label, pbf_wire_type::length_delimited): {
        std::string_view name, value;
        read_label(message.get_view(), name, value);
        bytes += name.size() + value.size();
        if (why.empty() && bytes > limits_.longest_labels)
          why = fmt::format("has labels longer than {} bytes", limits_.longest_labels);
        if (why.empty())
          why = take_label(name, value, x);
        break;
      }
      case tag_and_type(in_series::sample, pbf_wire_type::length_delimited):
        if (++samples_ > limits_.most_samples)
          return fail(
            ec::bad_request,
            fmt::format("more than {} samples (remote_write.max_samples)", limits_.most_samples));
        read_sample(message.get_view(), x);
        break;
      case tag_and_type(in_series::histogram, pbf_wire_type::length_delimited):
        ++histograms;
        message.skip();
        break;
      default:
        message.skip();
      }
    if (why.empty() && x.name.empty())
      why = "has no name";
    if (!why.empty()) {
      note(x.times_ms.size() + histograms,
           fmt::format("series {}: {}", x.name.empty() ? "without a name" : told(x.name), why));
      return {};
    }
    if (histograms > 0)
      note(histograms, fmt::format("series {}: native histograms are not kept", told(x.name)));
    if (x.times_ms.empty())
      return {};
    out_.samples += x.times_ms.size();
    out_.series.push_back(std::move(x));
    return {};
  }

  void note(size_t samples, std::string cause) {
    out_.bad_samples += std::max<size_t>(samples, 1);
    if (out_.causes.size() < most_causes)
      out_.causes.push_back(std::move(cause));
  }

  const write_limits& limits_;
  write_request out_;
  size_t series_ = 0, samples_ = 0;
};

} // namespace

expected<std::string> unpack_block(std::string_view packed, size_t most_bytes) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &length))
    return fail(ec::bad_request, "the body is no block of snappy");
  if (length > most_bytes)
    return fail(ec::bad_request,
                fmt::format("the body is {} bytes unpacked; {} are taken (remote_write.max_bytes)",
                            length,
                            most_bytes));
  // A block of so few bytes cannot become so long, whatever its head promises: no memory for it.
  constexpr size_t most_per_byte = 64;
  if (length / most_per_byte > packed.size())
    return fail(ec::bad_request, "the body is no block of snappy");
  std::string out;
  if (!snappy::Uncompress(packed.data(), packed.size(), &out))
    return fail(ec::bad_request, "the body is no block of snappy");
  return out;
}

expected<write_request> read_write_request(std::string_view plain, const write_limits& limits) {
  try {
    return request_reader{limits}.read(plain);
  } catch (const protozero::exception& e) {
    return fail(ec::bad_request, fmt::format("the body is no WriteRequest: {}", e.what()));
  }
}

} // namespace aops::push
