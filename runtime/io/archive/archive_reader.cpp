#include "runtime/io/archive/archive_reader.hpp"

#include "runtime/base/sha256_stream.hpp"

#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <memory>
#include <optional>

namespace aops::archive {

namespace {

/// Entries of libarchive become ours, what it reads comes from our source.
class reader {
public:
  reader(const byte_source& source, const limits& most, visitor& to)
      : source_(source), most_(most), to_(to), rules_(most) {}

  expected<summary> read() {
    auto* a = archive_.get();
    if (!a || ::archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
        ::archive_read_support_format_tar(a) != ARCHIVE_OK ||
        ::archive_read_support_format_zip_streamable(a) != ARCHIVE_OK)
      return fail(ec::internal, "libarchive reads no tar, gzip or zip");
    if (::archive_read_open(a, this, nullptr, &reader::next_part, nullptr) != ARCHIVE_OK)
      return broken("is neither tar.gz nor zip");
    for (;;) {
      archive_entry* x = nullptr;
      auto how = ::archive_read_next_header(a, &x);
      if (how == ARCHIVE_EOF)
        return end();
      if (how != ARCHIVE_OK && how != ARCHIVE_WARN)
        return broken(seen_ == 0 ? "is neither tar.gz nor zip" : "is broken");
      ++seen_;
      if (auto format = check_format(); !format)
        return fail(std::move(format.error()));
      if (auto taken = take(x); !taken)
        return fail(std::move(taken.error()));
    }
  }

private:
  struct release {
    void operator()(::archive* a) const { ::archive_read_free(a); }
  };

  static la_ssize_t next_part(::archive* a, void* self, const void** out) {
    return static_cast<reader*>(self)->next(a, out);
  }

  la_ssize_t next(::archive* a, const void** out) {
    auto part = source_();
    if (!part) {
      source_error_ = std::move(part.error());
      ::archive_set_error(a, EIO, "source");
      return -1;
    }
    digest_.add(*part);
    out_.bytes += static_cast<int64_t>(part->size());
    *out = part->data();
    return static_cast<la_ssize_t>(part->size());
  }

  tl::unexpected<error> broken(std::string_view why) {
    if (source_error_)
      return fail(std::move(*source_error_));
    return fail(ec::bad_request, fmt::format("the archive {}", why));
  }

  expected<void> check_format() {
    if (!out_.format.empty())
      return {};
    bool is_zip =
      (::archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
    // The last filter is the source itself.
    auto filters = ::archive_filter_count(archive_.get()) - 1;
    if (is_zip ? filters != 0 : filters != 1)
      return fail(ec::bad_request, "the archive is neither tar.gz nor zip");
    out_.format = is_zip ? "zip" : "tar.gz";
    return {};
  }

  static std::string name_of(archive_entry* x) {
    const auto* name = ::archive_entry_pathname(x);
    if (!name) // It is in UTF-8 and the locale is not.
      name = ::archive_entry_pathname_utf8(x);
    return name ? name : "";
  }

  static expected<entry> read_entry(archive_entry* x) {
    entry out;
    out.name = name_of(x);
    if (::archive_entry_hardlink(x) || ::archive_entry_hardlink_utf8(x))
      return refuse(out.name, "is a hard link");
    switch (::archive_entry_filetype(x)) {
    case AE_IFREG:
      break;
    case AE_IFDIR:
      out.kind = entry_kind::folder;
      break;
    case AE_IFLNK: {
      out.kind = entry_kind::link;
      const auto* target = ::archive_entry_symlink(x);
      if (!target)
        target = ::archive_entry_symlink_utf8(x);
      out.target = target ? target : "";
      break;
    }
    default:
      return refuse(out.name, "is a device, or something else that is no file, folder or link");
    }
    if (::archive_entry_is_encrypted(x))
      return refuse(out.name, "is encrypted");
    if (::archive_entry_sparse_count(x) > 0)
      return refuse(out.name, "is a file with holes");
    out.is_executable = (::archive_entry_perm(x) & 0100) != 0;
    return out;
  }

  expected<void> take(archive_entry* x) {
    auto read = read_entry(x);
    if (!read)
      return fail(std::move(read.error()));
    if (auto fine = rules_.take(*read); !fine)
      return fine;
    if (::archive_entry_size_is_set(x) &&
        ::archive_entry_size(x) > most_.unpacked_bytes - out_.unpacked_bytes)
      return too_big(read->name);
    if (read->kind != entry_kind::file)
      if (auto fine = check_empty(x, read->name); !fine)
        return fine;
    if (read->name.empty()) // The archive's own folder.
      return {};
    if (auto begun = to_.begin(*read); !begun)
      return begun;
    if (read->kind != entry_kind::file)
      return {};
    ++out_.files;
    if (auto done = copy(*read); !done)
      return done;
    return to_.end();
  }

  /// What is no file has no bytes: they would be unpacked, and counted by nobody.
  expected<void> check_empty(archive_entry* x, const std::string& name) {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    if (::archive_entry_size_is_set(x) && ::archive_entry_size(x) > 0)
      return refuse(name, "has bytes, and is no file");
    int how = ARCHIVE_OK;
    while (how == ARCHIVE_OK && size == 0)
      how = ::archive_read_data_block(archive_.get(), &data, &size, &offset);
    if (how == ARCHIVE_EOF)
      return {};
    if (source_error_)
      return fail(std::move(*source_error_));
    return refuse(name, "has bytes, and is no file");
  }

  tl::unexpected<error> too_big(std::string_view name) const {
    return refuse(name, fmt::format("makes it unpack to more than {} bytes", most_.unpacked_bytes));
  }

  expected<void> copy(const entry& x) {
    int64_t at = 0;
    for (;;) {
      const void* data = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      auto how = ::archive_read_data_block(archive_.get(), &data, &size, &offset);
      if (how == ARCHIVE_EOF)
        return {};
      if (how != ARCHIVE_OK) {
        if (source_error_)
          return fail(std::move(*source_error_));
        return refuse(x.name, "is broken, or packed in a way that is not known here");
      }
      if (offset != at)
        return refuse(x.name, "is a file with holes");
      at += static_cast<int64_t>(size);
      out_.unpacked_bytes += static_cast<int64_t>(size);
      if (out_.unpacked_bytes > most_.unpacked_bytes)
        return too_big(x.name);
      if (out_.unpacked_bytes > most_.free_bytes && out_.unpacked_bytes / most_.ratio > out_.bytes)
        return refuse(
          x.name, fmt::format("is a bomb: it unpacks to more than {} times as much", most_.ratio));
      if (size > 0)
        if (auto done = to_.bytes({static_cast<const char*>(data), size}); !done)
          return done;
    }
  }

  /// What is behind the last entry belongs to the digest.
  expected<summary> end() {
    if (seen_ == 0)
      return broken("is empty, or neither tar.gz nor zip");
    for (;;) {
      auto part = source_();
      if (!part)
        return fail(std::move(part.error()));
      if (part->empty())
        break;
      digest_.add(*part);
      out_.bytes += static_cast<int64_t>(part->size());
    }
    out_.digest = digest_.hex();
    return out_;
  }

  const byte_source& source_;
  const limits& most_;
  visitor& to_;
  entry_rules rules_;
  std::unique_ptr<::archive, release> archive_{::archive_read_new()};
  base::sha256_stream digest_;
  summary out_;
  int64_t seen_ = 0;
  std::optional<error> source_error_;
};

} // namespace

expected<summary> read_archive(const byte_source& source, const limits& most, visitor& to) {
  return reader{source, most, to}.read();
}

} // namespace aops::archive
