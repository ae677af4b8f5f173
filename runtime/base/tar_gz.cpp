#include "runtime/base/tar_gz.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <filesystem>
#include <fstream>
#include <memory>

namespace aops::base {

namespace {

namespace fs = std::filesystem;

struct release {
  void operator()(::archive* a) const { ::archive_write_free(a); }
  void operator()(::archive_entry* x) const { ::archive_entry_free(x); }
};

la_ssize_t take(::archive*, void* to, const void* data, size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

bool add(::archive* a, const packed_file& x) {
  std::unique_ptr<::archive_entry, release> entry{::archive_entry_new()};
  ::archive_entry_set_pathname(entry.get(), x.name.c_str());
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), x.is_executable ? 0755 : 0644);
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(x.content.size()));
  ::archive_entry_set_mtime(entry.get(), 0, 0);
  return ::archive_write_header(a, entry.get()) >= ARCHIVE_WARN &&
         ::archive_write_data(a, x.content.data(), x.content.size()) ==
           static_cast<la_ssize_t>(x.content.size());
}

bool is_executable(const fs::path& path) {
  std::error_code failed;
  return (fs::status(path, failed).permissions() & fs::perms::owner_exec) != fs::perms::none;
}

} // namespace

expected<std::string> tar_gz(std::vector<packed_file> files) {
  std::sort(files.begin(), files.end(), [](const packed_file& a, const packed_file& b) {
    return a.name < b.name;
  });
  std::string out;
  std::unique_ptr<::archive, release> a{::archive_write_new()};
  bool fine = a && ::archive_write_set_format_pax_restricted(a.get()) == ARCHIVE_OK &&
              ::archive_write_add_filter_gzip(a.get()) == ARCHIVE_OK &&
              ::archive_write_set_options(a.get(), "gzip:!timestamp") == ARCHIVE_OK &&
              ::archive_write_open(a.get(), &out, nullptr, take, nullptr) == ARCHIVE_OK;
  for (size_t i = 0; fine && i < files.size(); ++i)
    fine = add(a.get(), files[i]);
  if (!fine || ::archive_write_close(a.get()) != ARCHIVE_OK)
    return fail(ec::internal, "libarchive packs nothing");
  return out;
}

expected<std::vector<packed_file>> files_of_folder(const std::string& folder, size_t most_bytes) {
  std::vector<packed_file> out;
  std::error_code failed;
  size_t bytes = 0;
  using iterator = fs::recursive_directory_iterator;
  for (iterator it{folder, fs::directory_options::follow_directory_symlink, failed}, end;
       !failed && it != end;
       it.increment(failed)) {
    if (it->path().filename().string().starts_with('.')) {
      it.disable_recursion_pending();
      continue;
    }
    if (it.depth() > 32)
      return fail(ec::bad_request, it->path().string() + ": lies too deep; does a link lead back?");
    if (!it->is_regular_file(failed))
      continue;
    std::ifstream in{it->path(), std::ios::binary};
    packed_file file;
    file.name = it->path().lexically_relative(folder).string();
    file.content.assign(std::istreambuf_iterator<char>{in}, {});
    file.is_executable = is_executable(it->path());
    bytes += file.content.size();
    if (!in || bytes > most_bytes)
      return fail(ec::bad_request,
                  it->path().string() + (in ? ": makes the folder too long" : ": cannot be read"));
    out.push_back(std::move(file));
  }
  if (failed)
    return fail(ec::bad_request, folder + ": " + failed.message());
  std::sort(out.begin(), out.end(), [](const packed_file& a, const packed_file& b) {
    return a.name < b.name;
  });
  return out;
}

} // namespace aops::base
