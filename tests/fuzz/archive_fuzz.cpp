#include "runtime/io/archive/archive_reader.hpp"

#include <cstdlib>

namespace {

/// What comes out must be fair, whatever went in.
struct judge final : aops::archive::visitor {
  int64_t bytes_seen = 0;
  aops::expected<void> begin(const aops::archive::entry& x) override {
    if (x.name.empty() || x.name.front() == '/' ||
        ("/" + x.name + "/").find("/../") != std::string::npos || x.target.starts_with('/'))
      std::abort();
    return {};
  }
  aops::expected<void> bytes(std::string_view part) override {
    bytes_seen += static_cast<int64_t>(part.size());
    return {};
  }
  aops::expected<void> end() override { return {}; }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  aops::archive::limits most;
  most.unpacked_bytes = 1 << 22;
  most.free_bytes = 1 << 16;
  most.entries = 100;
  judge to;
  auto read = aops::archive::read_archive(
    [&]() -> aops::expected<std::string_view> {
      auto part = rest.substr(0, 512);
      rest.remove_prefix(part.size());
      return part;
    },
    most,
    to);
  if (to.bytes_seen > most.unpacked_bytes)
    std::abort();
  if (read && (read->bytes != static_cast<int64_t>(size) || read->unpacked_bytes != to.bytes_seen))
    std::abort();
  return 0;
}
