#include "runtime/base/secret_mask.hpp"

#include "runtime/base/base64.hpp"
#include "runtime/base/json_library.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace aops::base {

namespace {

constexpr size_t shortest_anywhere = 4;
constexpr size_t shortest_line = 8;

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
  auto out = to_base64(padded);
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

/// Finds the leftmost longest form. Forms are sorted, so that those which begin a text are found by
/// one search and a walk to ever shorter ones; most places of a text are passed by their first four
/// bytes. Costs memory for the forms alone, whatever their number.
class secret_mask::matcher {
public:
  matcher(const forms& anywhere, forms words)
      : anywhere_(anywhere.begin(), anywhere.end()), words_(std::move(words)),
        begins_(filter_bits) {
    shorter_.reserve(anywhere_.size());
    for (size_t i = 0; i < anywhere_.size(); ++i) {
      begins_[place_of(anywhere_[i].data())] = true;
      // A form that begins this one stands before it; of those between, each begins with it, too.
      auto before = i;
      while (before != 0 && !anywhere_[i].starts_with(anywhere_[before - 1]))
        before = shorter_[before - 1];
      shorter_.push_back(before);
    }
  }

  void apply(std::string& text) const {
    std::string out;
    size_t kept = 0;
    for (size_t at = 0; at < text.size();) {
      auto length = length_at(text, at);
      if (length == 0) {
        ++at;
        continue;
      }
      out.append(text, kept, at - kept);
      out += masked_secret;
      kept = at += length;
    }
    if (kept == 0)
      return;
    out.append(text, kept);
    text = std::move(out);
  }

private:
  static constexpr size_t filter_bits = size_t{1} << 20;

  static size_t place_of(const char* begin) {
    uint32_t four = 0;
    std::memcpy(&four, begin, shortest_anywhere);
    return (four * 2'654'435'761U) >> 12;
  }

  /// Of the longest form that begins there; 0: none does.
  size_t length_at(std::string_view text, size_t at) const {
    auto word = words_.empty() ? 0 : word_at(text, at);
    auto rest = text.substr(at);
    if (rest.size() < shortest_anywhere || !begins_[place_of(rest.data())])
      return word;
    auto above = std::upper_bound(anywhere_.begin(), anywhere_.end(), rest);
    auto found = static_cast<size_t>(above - anywhere_.begin());
    while (found != 0 && !rest.starts_with(anywhere_[found - 1]))
      found = shorter_[found - 1];
    return found == 0 ? word : std::max(word, anywhere_[found - 1].size());
  }

  size_t word_at(std::string_view text, size_t at) const {
    auto is_inner = [&](size_t i) {
      auto c = i < text.size() ? text[i] : ' ';
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    auto is_border = [&](size_t i) { return is_inner(i) != (i > 0 && is_inner(i - 1)); };
    for (auto n = std::min(shortest_anywhere - 1, text.size() - at); n > 0; --n)
      if (is_border(at) && is_border(at + n) && words_.contains(std::string{text.substr(at, n)}))
        return n;
    return 0;
  }

  std::vector<std::string> anywhere_; ///< Each of `shortest_anywhere` bytes or more.
  std::vector<size_t> shorter_; ///< Number, from 1, of the longest other one that begins it; 0.
  forms words_;
  std::vector<bool> begins_; ///< By the first bytes: whether a form may begin so.
};

secret_mask::secret_mask(std::span<const std::string_view> secrets) {
  forms anywhere, words;
  for (auto secret : std::set<std::string_view>(secrets.begin(), secrets.end()))
    add_secret(secret, anywhere, words);
  if (!anywhere.empty() || !words.empty())
    matcher_ = std::make_unique<matcher>(anywhere, std::move(words));
}

secret_mask::~secret_mask() = default;
secret_mask::secret_mask(secret_mask&&) noexcept = default;
secret_mask& secret_mask::operator=(secret_mask&&) noexcept = default;

void secret_mask::apply(std::string& text) const {
  if (matcher_ && !text.empty())
    matcher_->apply(text);
}

} // namespace aops::base
