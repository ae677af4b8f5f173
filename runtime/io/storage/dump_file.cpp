#include "runtime/io/storage/dump_file.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/json_codec.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace aops::storage {

namespace {

namespace fs = std::filesystem;
using base::json;

constexpr int64_t format = 1;
constexpr int compression_level = 3;
constexpr size_t most_bytes = size_t{512} << 20; ///< Unpacked.

tl::unexpected<error> unwritable(const std::string& file) {
  return fail(ec::store_unreachable, file + ": " + std::strerror(errno));
}

std::string text_of(const dump& x) {
  json head = {{"aops_dump", format},
               {"kind", x.kind},
               {"store", x.store},
               {"number", x.number},
               {"created_ms", x.created_ms}};
  auto text = head.dump() + "\n";
  for (const auto& row : x.rows)
    text += row + "\n";
  json end = {{"rows", x.rows.size()}, {"sha256", base::sha256_hex(text)}};
  return text + end.dump() + "\n";
}

expected<std::string> packed(std::string_view text) {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> packer{ZSTD_createCCtx(), ZSTD_freeCCtx};
  ZSTD_CCtx_setParameter(packer.get(), ZSTD_c_compressionLevel, compression_level);
  ZSTD_CCtx_setParameter(packer.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  auto size = ZSTD_compress2(packer.get(), out.data(), out.size(), text.data(), text.size());
  if (ZSTD_isError(size))
    return fail(ec::internal, std::string{"zstd: "} + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

expected<std::string> unpacked(const std::string& file, std::string_view bytes) {
  auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
    return fail(ec::bad_request, file + ": is no dump");
  if (size > most_bytes)
    return fail(ec::corrupt, file + ": is longer than a dump can be");
  std::string out(size, '\0');
  auto got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) || got != size)
    return fail(ec::corrupt, file + ": was altered, or its end is missing");
  return out;
}

/// Takes the next line off the front.
std::string_view take_line(std::string_view& text) {
  auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

expected<void> put(const std::string& file, std::string_view bytes) {
  base::descriptor to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (to.get() < 0)
    return unwritable(file);
  while (!bytes.empty()) {
    auto n = ::write(to.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return unwritable(file);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return ::fsync(to.get()) == 0 ? expected<void>{} : unwritable(file);
}

expected<void> make_durable(const fs::path& folder) {
  base::descriptor dir(
    ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return dir.get() >= 0 && ::fsync(dir.get()) == 0 ? expected<void>{} : unwritable(folder.string());
}

} // namespace

std::string dump_name(std::string_view kind, std::string_view store, int64_t number) {
  return fmt::format("{}-{}-{:08}.jsonl.zst", kind, store, number);
}

expected<void> write_dump(const std::string& file, const dump& x) {
  auto bytes = packed(text_of(x));
  if (!bytes)
    return fail(std::move(bytes.error()));
  auto part = file + ".part";
  ::unlink(part.c_str()); // Of one that was cut off.
  auto written = put(part, *bytes);
  // Not `rename`: that would replace a file which has come meanwhile.
  if (written && ::link(part.c_str(), file.c_str()) != 0)
    written = errno == EEXIST ? fail(ec::conflict, file + ": exists") : unwritable(file);
  ::unlink(part.c_str());
  if (!written)
    return written;
  return make_durable(fs::path{file}.parent_path());
}

expected<dump> read_dump(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (!in && !in.eof())
    return fail(ec::bad_request, file + ": cannot be read");
  auto text = unpacked(file, bytes);
  if (!text)
    return fail(std::move(text.error()));
  std::string_view rest{*text};
  auto head = json::parse(take_line(rest), nullptr, false);
  if (!head.is_object() || !head.contains("aops_dump"))
    return fail(ec::bad_request, file + ": is no dump");
  if (head["aops_dump"] != format)
    return fail(ec::conflict, file + ": was made by a later release");
  dump out;
  try {
    out.kind = head.at("kind").get<std::string>();
    out.store = head.at("store").get<std::string>();
    out.number = head.at("number").get<int64_t>();
    out.created_ms = head.at("created_ms").get<int64_t>();
  } catch (const json::exception&) {
    return fail(ec::corrupt, file + ": its head is unreadable");
  }
  std::string_view last;
  for (; !rest.empty();) {
    if (!last.empty())
      out.rows.emplace_back(last);
    last = take_line(rest);
  }
  auto end = json::parse(last, nullptr, false);
  auto before = std::string_view{*text}.substr(0, static_cast<size_t>(last.data() - text->data()));
  if (!end.is_object() || end.value("rows", json{}) != out.rows.size() ||
      end.value("sha256", json{}) != base::sha256_hex(before))
    return fail(ec::corrupt, file + ": was altered, or its end is missing");
  return out;
}

} // namespace aops::storage
