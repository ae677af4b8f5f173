#include "tools/simulate/model/trace.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace aops::simulate {

std::string to_text(const trace_line& x) {
  std::string text;
  for (auto* p = x.what; *p; ++p) {
    if (p[0] == '%' && p[1] >= '1' && p[1] <= '3')
      text += std::to_string(std::array{x.a, x.b, x.c}[static_cast<size_t>(*++p - '1')]);
    else
      text += *p;
  }
  auto who = x.node < 0 ? std::string{"-"} : fmt::format("n{:03}", x.node);
  return fmt::format("{:>8.3f} s  {:<5} {}", static_cast<double>(x.at_ms) / 1000, who, text);
}

void trace::add(const trace_line& x) {
  ring_[count_++ % ring_.size()] = x;
  take_in(x);
}

void trace::add_often(const trace_line& x) { take_in(x); }

void trace::take_in(const trace_line& x) {
  auto mix = [this](uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3ULL; };
  mix(static_cast<uint64_t>(x.at_ms));
  mix(static_cast<uint64_t>(x.node));
  for (auto* p = x.what; *p; ++p)
    mix(static_cast<unsigned char>(*p));
  mix(static_cast<uint64_t>(x.a));
  mix(static_cast<uint64_t>(x.b));
  mix(static_cast<uint64_t>(x.c));
  if (is_printed_)
    std::puts(to_text(x).c_str());
}

std::vector<std::string> trace::last() const {
  std::vector<std::string> lines;
  for (auto i = count_ > ring_.size() ? count_ - ring_.size() : 0; i < count_; ++i)
    lines.push_back(to_text(ring_[i % ring_.size()]));
  return lines;
}

} // namespace aops::simulate
