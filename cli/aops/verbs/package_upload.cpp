#include "cli/aops/verbs/package_upload.hpp"

#include "cli/aops/text/language.hpp"
#include "messages/package.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/tar_gz.hpp"

#include <filesystem>
#include <fstream>

namespace aops::cli {

namespace {

namespace fs = std::filesystem;

constexpr size_t piece_bytes = most_piece_text / 4 * 3;
constexpr size_t most_folder_bytes = size_t{1} << 30;
constexpr std::string_view archive_extensions[] = {".tar.gz", ".tgz", ".zip"};

bool is_folder(const std::string& path) {
  std::error_code failed;
  return fs::is_directory(path, failed);
}

} // namespace

bool is_packable(const std::string& path) {
  return is_folder(path) || package_stem(path) != fs::path{path}.filename().string();
}

std::string package_stem(const std::string& path) {
  auto name = fs::path{path}.filename().string();
  if (name.empty()) // `folder/`
    name = fs::path{path}.parent_path().filename().string();
  for (auto extension : archive_extensions)
    if (name.size() > extension.size() && name.ends_with(extension))
      return name.substr(0, name.size() - extension.size());
  return name;
}

std::string short_digest(const std::string& content) {
  return base::sha256_hex(content).substr(0, 12);
}

expected<std::string> archive_at(const std::string& path) {
  if (is_folder(path)) {
    auto files = base::files_of_folder(path, most_folder_bytes);
    return files ? base::tar_gz(std::move(*files)) : expected<std::string>{fail(files.error())};
  }
  std::ifstream in{path, std::ios::binary};
  std::string content{std::istreambuf_iterator<char>{in}, {}};
  if (!in || content.empty())
    return fail(ec::bad_request, tr("{}: cannot be read, or is empty", path));
  return content;
}

expected<void> upload_package(session& s, const upload& x) {
  package_piece piece;
  piece.package_name = x.package_name;
  if (!x.version.empty())
    piece.version = x.version;
  if (!x.description.empty())
    piece.description = x.description;
  piece.sha256 = base::sha256_hex(x.content);
  piece.total_bytes = static_cast<int64_t>(x.content.size());
  for (size_t at = 0;;) {
    piece.offset = static_cast<int64_t>(at);
    piece.content = base::to_base64(std::string_view{x.content}.substr(at, piece_bytes));
    auto reply = s.fetch("/manage/package/upload", piece);
    if (!reply)
      return fail(std::move(reply.error()));
    if (member(*reply, "is_complete") == json(true))
      return {};
    auto received = count_of(*reply, "received_bytes");
    if (received <= at || received >= x.content.size())
      return fail(ec::internal, tr("the node has {} bytes of {}", received, x.content.size()));
    at = received;
  }
}

} // namespace aops::cli
