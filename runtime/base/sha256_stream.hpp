#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace aops::base {

/// SHA-256 of what comes in parts.
class sha256_stream {
public:
  sha256_stream();
  ~sha256_stream();
  sha256_stream(sha256_stream&&) noexcept;
  sha256_stream& operator=(sha256_stream&&) noexcept;

  void add(std::string_view bytes);
  /// 64 lower-case hex digits of all that was added. Once.
  std::string hex();

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

} // namespace aops::base
