#include "runtime/io/logs/packed_bodies.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

namespace aops::logs {

namespace {

using base::put_varint;

/// Stands for a word in a shape; no sign is so called.
constexpr char word_mark = 'a';
constexpr size_t most_digits = 18, most_choices = 256, most_number_bytes = 8;
/// Of all bodies of a block, as they are unpacked: a few damaged bytes must not become many.
constexpr size_t most_block_bytes = 256 << 20;

enum class column_kind : uint8_t { same, text, choice, number, hex };

bool is_in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_number(std::string_view word) {
  return !word.empty() && word.size() <= most_digits && (word[0] != '0' || word.size() == 1) &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

int hex_digit(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_hex(std::string_view word) {
  return word.size() >= 8 && word.size() % 2 == 0 &&
         std::all_of(word.begin(), word.end(), [](char c) { return hex_digit(c) >= 0; });
}

size_t bytes_needed(uint64_t x) {
  size_t n = 0;
  for (; x > 0; x >>= 8)
    ++n;
  return n;
}

struct of_shape {
  size_t lines = 0;
  std::vector<std::vector<std::string_view>> columns;
};

/// What stands between words, with a mark for each of these.
std::string shape_of(std::string_view body, std::vector<std::string_view>& words) {
  std::string out;
  words.clear();
  for (size_t i = 0; i < body.size();) {
    if (!is_in_word(body[i])) {
      out += body[i++];
      continue;
    }
    auto begin = i;
    while (i < body.size() && is_in_word(body[i]))
      ++i;
    words.push_back(body.substr(begin, i - begin));
    out += word_mark;
  }
  return out;
}

void put_kind(block_streams& to, column_kind x) { to.shape += static_cast<char>(x); }

void put_line(std::string& to, std::string_view word) {
  to += word; // A word has no line feed.
  to += '\n';
}

uint64_t number_of(std::string_view digits) {
  uint64_t x = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), x);
  return x;
}

/// The words that a column has, if they are few enough to be told by their numbers.
bool put_choices(block_streams& to, const std::vector<std::string_view>& words) {
  std::unordered_map<std::string_view, size_t> known;
  std::vector<std::string_view> choices;
  for (auto x : words)
    if (known.try_emplace(x, choices.size()).second) {
      choices.push_back(x);
      if (choices.size() > most_choices || choices.size() * 3 > words.size())
        return false;
    }
  put_kind(to, column_kind::choice);
  put_varint(to.shape, choices.size());
  for (auto x : choices)
    put_line(to.text, x);
  for (auto x : words)
    to.top += static_cast<char>(known.at(x));
  return true;
}

void put_column(block_streams& to, const std::vector<std::string_view>& words) {
  auto all = [&](auto is) { return std::all_of(words.begin(), words.end(), is); };
  if (all([&](auto x) { return x == words.front(); })) {
    put_kind(to, column_kind::same);
    put_line(to.text, words.front());
  } else if (put_choices(to, words)) {
  } else if (all(is_number)) {
    put_kind(to, column_kind::number);
    std::vector<uint64_t> numbers;
    numbers.reserve(words.size());
    for (auto x : words)
      numbers.push_back(number_of(x));
    put_numbers(to, numbers);
  } else if (all([&](auto x) { return x.size() == words.front().size() && is_hex(x); })) {
    put_kind(to, column_kind::hex);
    put_varint(to.shape, words.front().size());
    for (auto x : words)
      for (size_t i = 0; i < x.size(); i += 2)
        to.low += static_cast<char>(hex_digit(x[i]) << 4 | hex_digit(x[i + 1]));
  } else {
    put_kind(to, column_kind::text);
    for (auto x : words)
      put_line(to.text, x);
  }
}

} // namespace

void put_numbers(block_streams& to, const std::vector<uint64_t>& numbers) {
  if (numbers.empty())
    return;
  auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  auto base = *least;
  auto width = bytes_needed(*most - *least);
  uint64_t last = base, widest = 0;
  std::vector<uint64_t> steps;
  steps.reserve(numbers.size());
  for (auto x : numbers) {
    steps.push_back(base::zigzag(static_cast<int64_t>(x - last)));
    widest = std::max(widest, steps.back());
    last = x;
  }
  bool by_steps = bytes_needed(widest) < width;
  if (by_steps)
    width = bytes_needed(widest);
  // Upper bytes that may be anything are no company for small numbers.
  auto greatest = by_steps ? widest : *most - base;
  bool has_top = width > 0 && greatest >> (8 * (width - 1)) < 0x80;
  to.shape += static_cast<char>(width | (by_steps ? 0x10 : 0) | (has_top ? 0x20 : 0));
  put_varint(to.shape, base);
  for (size_t i = 0; i < numbers.size(); ++i) {
    auto x = by_steps ? steps[i] : numbers[i] - base;
    for (size_t k = 0; k < width; ++k)
      (has_top && k + 1 == width ? to.top : to.low) += static_cast<char>(x >> (8 * k));
  }
}

void put_bodies(block_streams& to, const std::vector<std::string_view>& bodies) {
  std::unordered_map<std::string, size_t> known;
  std::vector<of_shape> shapes;
  std::vector<uint64_t> which;
  std::vector<std::string_view> words;
  std::string texts;
  for (auto body : bodies) {
    auto shape = shape_of(body, words);
    auto [it, is_new] = known.try_emplace(std::move(shape), shapes.size());
    if (is_new) {
      put_varint(texts, it->first.size());
      texts += it->first;
      shapes.emplace_back().columns.resize(words.size());
    }
    which.push_back(it->second);
    auto& like = shapes[it->second];
    ++like.lines;
    for (size_t i = 0; i < words.size(); ++i)
      like.columns[i].push_back(words[i]);
  }
  put_varint(to.shape, shapes.size());
  to.shape += texts;
  put_numbers(to, which);
  for (const auto& x : shapes)
    for (const auto& column : x.columns)
      put_column(to, column);
}

// -- taking them off again

std::optional<std::vector<uint64_t>> block_reader::numbers(size_t count) {
  std::vector<uint64_t> out;
  if (count == 0)
    return out;
  auto how = shape_.byte();
  size_t width = how & 0xF;
  bool by_steps = how & 0x10, has_top = how & 0x20;
  auto base = shape_.varint(), last = base;
  if (width > most_number_bytes)
    return std::nullopt;
  out.reserve(count);
  for (size_t i = 0; i < count && is_whole(); ++i) {
    uint64_t x = 0;
    for (size_t k = 0; k < width; ++k) {
      auto& from = has_top && k + 1 == width ? top_ : low_;
      x |= static_cast<uint64_t>(from.byte()) << (8 * k);
    }
    last = by_steps ? last + static_cast<uint64_t>(base::unzigzag(x)) : base + x;
    out.push_back(last);
  }
  return is_whole() ? std::optional{std::move(out)} : std::nullopt;
}

std::string_view block_reader::line_of_text() {
  auto end = text_.find('\n');
  has_text_ &= end != text_.npos;
  if (!has_text_)
    return {};
  auto line = text_.substr(0, end);
  text_.remove_prefix(end + 1);
  return line;
}

bool block_reader::column(size_t count, std::vector<std::string>& words) {
  auto kind = static_cast<column_kind>(shape_.byte());
  if (kind == column_kind::same) {
    auto word = line_of_text();
    if (word.size() * count > most_block_bytes)
      return false;
    words.assign(count, std::string{word});
  } else if (kind == column_kind::text) {
    for (size_t i = 0; i < count && has_text_; ++i)
      words.emplace_back(line_of_text());
  } else if (kind == column_kind::choice) {
    auto choices = shape_.varint();
    if (choices > most_choices)
      return false;
    std::vector<std::string_view> known;
    for (uint64_t i = 0; i < choices; ++i)
      known.push_back(line_of_text());
    size_t bytes = 0;
    for (size_t i = 0; i < count && top_.ok(); ++i) {
      auto n = top_.byte();
      if (n >= known.size() || (bytes += known[n].size()) > most_block_bytes)
        return false;
      words.emplace_back(known[n]);
    }
  } else if (kind == column_kind::number) {
    auto all = numbers(count);
    if (!all)
      return false;
    for (auto x : *all)
      words.push_back(std::to_string(x));
  } else if (kind == column_kind::hex) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto length = shape_.varint();
    for (size_t i = 0; i < count && low_.ok(); ++i) {
      std::string word;
      for (auto c : low_.bytes(length / 2)) {
        word += digits[static_cast<uint8_t>(c) >> 4];
        word += digits[static_cast<uint8_t>(c) & 0xF];
      }
      words.push_back(std::move(word));
    }
  } else {
    return false;
  }
  return words.size() == count && is_whole();
}

std::optional<std::vector<std::string>> block_reader::bodies(size_t count) {
  auto shape_count = shape_.varint();
  if (shape_count > count)
    return std::nullopt;
  std::vector<std::string_view> shapes;
  for (uint64_t i = 0; i < shape_count; ++i)
    shapes.push_back(shape_.bytes(shape_.varint()));
  auto which = numbers(count);
  if (!which || !std::all_of(which->begin(), which->end(), [&](auto x) { return x < shape_count; }))
    return std::nullopt;
  std::vector<size_t> lines(shape_count);
  for (auto x : *which)
    ++lines[x];
  std::vector<std::string> out(count);
  std::vector<std::vector<size_t>> of_shape(shape_count);
  for (size_t i = 0; i < count; ++i)
    of_shape[(*which)[i]].push_back(i);
  size_t bytes = 0;
  std::vector<std::string> words;
  for (size_t s = 0; s < shape_count; ++s)
    for (auto c : shapes[s]) {
      bool is_word = c == word_mark;
      words.clear();
      if (is_word && !column(lines[s], words))
        return std::nullopt;
      for (size_t i = 0; i < lines[s]; ++i) {
        auto& body = out[of_shape[s][i]];
        is_word ? body += words[i] : body += c;
        bytes += is_word ? words[i].size() : 1;
      }
      if (bytes > most_block_bytes)
        return std::nullopt;
    }
  return out;
}

} // namespace aops::logs
