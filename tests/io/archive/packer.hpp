#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>

namespace aops::tests {

/// Makes archives, wrong ones among them.
class packer {
public:
  enum class kind { tar_gz, zip, tar };

  explicit packer(kind what = kind::tar_gz) {
    if (what == kind::zip)
      ::archive_write_set_format_zip(a_);
    else
      ::archive_write_set_format_pax_restricted(a_);
    if (what == kind::tar_gz)
      ::archive_write_add_filter_gzip(a_);
    ::archive_write_open(a_, &out_, nullptr, &packer::take, nullptr);
  }
  ~packer() { ::archive_write_free(a_); }
  packer(const packer&) = delete;
  packer& operator=(const packer&) = delete;

  packer& add(const std::string& name,
              const std::string& content,
              unsigned type = AE_IFREG,
              const std::string& link = {},
              int mode = 0644) {
    auto* x = ::archive_entry_new();
    ::archive_entry_set_pathname(x, name.c_str());
    ::archive_entry_set_filetype(x, type);
    ::archive_entry_set_perm(x, static_cast<mode_t>(mode));
    if (type == AE_IFLNK)
      ::archive_entry_set_symlink(x, link.c_str());
    else if (!link.empty())
      ::archive_entry_set_hardlink(x, link.c_str());
    ::archive_entry_set_size(x, static_cast<la_int64_t>(content.size()));
    if (::archive_write_header(a_, x) < ARCHIVE_WARN)
      throw std::runtime_error(::archive_error_string(a_));
    if (!content.empty())
      ::archive_write_data(a_, content.data(), content.size());
    ::archive_entry_free(x);
    return *this;
  }

  std::string pack() {
    ::archive_write_close(a_);
    return out_;
  }

private:
  static la_ssize_t take(::archive*, void* to, const void* data, size_t size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }
  std::string out_;
  ::archive* a_ = ::archive_write_new();
};

} // namespace aops::tests
