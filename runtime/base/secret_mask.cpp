#include "runtime/base/secret_mask.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <re2/re2.h>
#include <set>

namespace aops::base {

namespace {

constexpr size_t shortest_anywhere = 4;
constexpr size_t shortest_line = 8;
constexpr int64_t most_matcher_bytes = 256 << 20;

using forms = std::set<std::string>;

std::string as_json(std::string_view text, bool ascii) {
  auto quoted = nlohmann::json(text).dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string in_url(std::string_view text, std::string_view plain, std::string_view digits) {
  std::string out;
  for (unsigned char c : text)
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        plain.find(static_cast<char>(c)) != std::string_view::npos)
      out += static_cast<char>(c);
    else if (c == ' ' && plain.find('+') != std::string_view::npos)
      out += '+';
    else
      out += {'%', digits[c >> 4], digits[c & 15]};
  return out;
}

std::string with_each(std::string_view text, char c, std::string_view instead) {
  std::string out;
  for (char x : text)
    x == c ? void(out += instead) : void(out += x);
  return out;
}

/// The digits that stand in base64 for the text, whatever stands before it (`shift` bytes more than
/// a multiple of three) and behind it.
std::string in_base64(std::string_view text, size_t shift) {
  auto padded = std::string(shift, '\0') + std::string{text};
  std::string out(4 * ((padded.size() + 2) / 3) + 1, '\0');
  auto n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                           reinterpret_cast<const unsigned char*>(padded.data()),
                           static_cast<int>(padded.size()));
  out.resize(static_cast<size_t>(n));
  // A digit is six bits: only those made of the text alone.
  auto first = (shift * 8 + 5) / 6, last = padded.size() * 8 / 6;
  return out.substr(first, last - first);
}

std::string in_hex(std::string_view text, std::string_view digits) {
  std::string out;
  for (unsigned char c : text)
    out += {digits[c >> 4], digits[c & 15]};
  return out;
}

/// How programs write the text.
void add_forms(std::string_view text, forms& out) {
  constexpr std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
  forms written{std::string{text}};
  auto backslashed = with_each(text, '\\', "\\\\");
  written.insert(with_each(text, '\'', "'\"'\"'"));
  written.insert(with_each(text, '\'', "'\\''"));
  written.insert(with_each(text, '\'', "''"));
  written.insert(backslashed);
  written.insert(with_each(backslashed, '\'', "\\'"));
  for (auto digits : {lower, upper})
    for (std::string_view plain : {"-_.~", "-_.~/", "-_.+", "-_.!~*'()"})
      written.insert(in_url(text, plain, digits));
  for (const auto& x : forms{written})
    for (auto ascii : {true, false}) {
      written.insert(as_json(x, ascii));
      written.insert(as_json(as_json(x, ascii), ascii));
    }
  for (auto digits : {lower, upper})
    written.insert(in_hex(text, digits));
  for (size_t shift : {0, 1, 2})
    if (auto digits = in_base64(text, shift); digits.size() >= shortest_anywhere) {
      written.insert(with_each(with_each(digits, '+', "-"), '/', "_"));
      written.insert(std::move(digits));
    }
  out.merge(written);
}

void add_secret(std::string_view secret, forms& anywhere, forms& words) {
  if (secret.size() < shortest_anywhere) {
    if (!secret.empty())
      words.insert(std::string{secret});
    return;
  }
  add_forms(secret, anywhere);
  if (secret.find('\n') == std::string_view::npos)
    return;
  for (size_t at = 0; at < secret.size();) {
    auto end = std::min(secret.find('\n', at), secret.size());
    auto line = secret.substr(at, end - at);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.size() >= shortest_line && !line.starts_with("-----"))
      add_forms(line, anywhere);
    at = end + 1;
  }
}

} // namespace

class secret_mask::matcher {
public:
  explicit matcher(const forms& anywhere, const forms& words)
      : pattern_(pattern_of(anywhere, words), options()) {}

  void apply(std::string& text) const {
    if (pattern_.ok())
      RE2::GlobalReplace(&text, pattern_, replacement);
    else
      text = masked_secret;
  }

private:
  static constexpr const char* replacement = "********";

  static RE2::Options options() {
    RE2::Options o;
    o.set_encoding(RE2::Options::EncodingLatin1); // Bytes: output need not be UTF-8.
    o.set_longest_match(true);
    o.set_log_errors(false); // They would show the pattern.
    o.set_max_mem(most_matcher_bytes);
    return o;
  }

  static std::string pattern_of(const forms& anywhere, const forms& words) {
    std::string out;
    for (const auto& form : anywhere)
      out += (out.empty() ? "" : "|") + RE2::QuoteMeta(form);
    for (const auto& word : words)
      out += fmt::format("{}\\b{}\\b", out.empty() ? "" : "|", RE2::QuoteMeta(word));
    return out;
  }

  RE2 pattern_;
};

secret_mask::secret_mask(std::span<const std::string_view> secrets) {
  forms anywhere, words;
  for (auto secret : std::set<std::string_view>(secrets.begin(), secrets.end()))
    add_secret(secret, anywhere, words);
  if (!anywhere.empty() || !words.empty())
    matcher_ = std::make_unique<matcher>(anywhere, words);
}

secret_mask::~secret_mask() = default;
secret_mask::secret_mask(secret_mask&&) noexcept = default;
secret_mask& secret_mask::operator=(secret_mask&&) noexcept = default;

void secret_mask::apply(std::string& text) const {
  if (matcher_ && !text.empty())
    matcher_->apply(text);
}

} // namespace aops::base
