#include "runtime/base/config_files.hpp"

#include "runtime/base/authority.hpp"
#include "runtime/base/config_options.hpp"
#include "runtime/base/descriptor.hpp"
#include "runtime/base/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::base {

namespace {

namespace fs = std::filesystem;

constexpr size_t longest = size_t{16} << 20;

struct file_option {
  std::string_view name;
  const std::string& (*path)(const config& c);
  bool (*is_used)(const config& c);
};

bool always(const config&) { return true; }
bool with_tls(const config& c) { return c.tls.enabled; }
bool with_server(const config& c) { return c.storage.engine == "mariadb"; }
bool with_syslog(const config& c) { return !c.logs.syslog_listen.empty(); }
bool with_opensearch(const config& c) { return c.logs.store == "opensearch"; }
bool with_kafka(const config& c) { return c.kafka.enabled && c.kafka.queue == "kafka"; }

#define AOPS_FILE(SECTION, KEY, IS_USED)                                                           \
  file_option {                                                                                    \
#SECTION "." #KEY, [](const config& c) -> const std::string& { return c.SECTION.KEY; },        \
                                                                                         IS_USED   \
  }
constexpr file_option files[] = {AOPS_FILE(tls, certificate, with_tls),
                                 AOPS_FILE(tls, key, with_tls),
                                 AOPS_FILE(storage, password_file, with_server),
                                 AOPS_FILE(storage, ssl_ca, with_server),
                                 AOPS_FILE(storage, ssl_cert, with_server),
                                 AOPS_FILE(storage, ssl_key, with_server),
                                 AOPS_FILE(scrape, keep_list, always),
                                 AOPS_FILE(cluster, certificate, with_server),
                                 AOPS_FILE(cluster, key, with_server),
                                 AOPS_FILE(cluster, ca, with_server),
                                 AOPS_FILE(cluster, revoked, with_server),
                                 AOPS_FILE(backup, key_file, always),
                                 AOPS_FILE(logs, syslog_ca, with_syslog),
                                 AOPS_FILE(logs, opensearch_password_file, with_opensearch),
                                 AOPS_FILE(logs, opensearch_api_key_file, with_opensearch),
                                 AOPS_FILE(logs, opensearch_ca, with_opensearch),
                                 AOPS_FILE(kafka, password_file, with_kafka),
                                 AOPS_FILE(kafka, ssl_ca, with_kafka),
                                 AOPS_FILE(kafka, ssl_cert, with_kafka),
                                 AOPS_FILE(kafka, ssl_key, with_kafka)};
#undef AOPS_FILE

/// The file's bytes, or a reason that names it.
expected<std::string> read_whole(const std::string& path) {
  auto wrong = [&](std::string_view why) {
    return fail(ec::bad_request, fmt::format("{}: {}", path, why));
  };
  // Not to wait for the other end of a pipe.
  descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0)
    return wrong(std::strerror(errno));
  if (!S_ISREG(about.st_mode))
    return wrong(S_ISDIR(about.st_mode) ? "is a folder" : "is no regular file");
  std::string text;
  char buffer[1 << 14];
  while (auto n = ::read(file.get(), buffer, sizeof buffer)) {
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return wrong(std::strerror(errno));
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > longest)
      return wrong(fmt::format("is larger than {} MiB", longest >> 20));
  }
  return text;
}

/// Why a log cannot be written there; empty when it can. Makes nothing.
std::string why_not_writable(const std::string& path) {
  std::error_code problem;
  if (fs::is_directory(path, problem))
    return path + ": is a folder";
  auto there = fs::exists(path, problem) ? fs::path(path) : fs::absolute(path).parent_path();
  return ::access(there.c_str(), W_OK) == 0
           ? std::string{}
           : fmt::format("{}: {}", there.string(), std::strerror(errno));
}

class file_checker {
public:
  file_checker(const config& c, const option_origins& where) : c_(c), where_(where) {}

  /// All faults at once.
  expected<void> check() {
    for (const auto& option : files)
      if (const auto& path = option.path(c_); !path.empty() && option.is_used(c_)) {
        if (auto text = read_whole(path))
          texts_[std::string{option.name}] = std::move(*text);
        else
          note(option.name, text.error().detail);
      }
    for (const auto* section : {"tls.", "cluster."})
      check_pair(section + std::string{"certificate"}, section + std::string{"key"});
    check_pair("storage.ssl_cert", "storage.ssl_key");
    check_pair("kafka.ssl_cert", "kafka.ssl_key");
    check_links();
    check_rest();
    return found_.all();
  }

private:
  void note(std::string_view name, std::string_view why) {
    found_.note(expected<void>{blame(where_, std::string{name}, why)});
  }

  void check_pair(const std::string& certificate, const std::string& key) {
    auto chain = texts_.find(certificate), secret = texts_.find(key);
    if (chain == texts_.end())
      return;
    if (auto good = read_certificate(chain->second); !good)
      note(certificate, good.error().detail);
    else if (secret != texts_.end())
      if (auto fits = check_key(chain->second, secret->second); !fits)
        note(key, fits.error().detail);
  }

  void check_links() {
    auto chain = texts_.find("cluster.certificate"), authority = texts_.find("cluster.ca");
    if (chain != texts_.end() && authority != texts_.end())
      if (auto good = check_certificate(chain->second, authority->second, {}); !good)
        note("cluster.certificate", good.error().detail);
  }

  void check_rest() {
    if (c_.storage.engine == "mariadb" && texts_.contains("storage.password_file"))
      if (auto password = storage_password(c_); !password)
        note("storage.password_file",
             "must hold a line and be readable by its owner only (chmod 600)");
    if (texts_.contains("kafka.password_file"))
      if (auto password = kafka_password(c_); !password)
        note("kafka.password_file",
             "must hold a line and be readable by its owner only (chmod 600)");
    for (const auto* secret : {"logs.opensearch_password_file", "logs.opensearch_api_key_file"})
      if (texts_.contains(secret))
        if (auto proof = log_store_proof(c_); !proof)
          note(secret, "must hold a line and be readable by its owner only (chmod 600)");
    if (!c_.log.file.empty())
      if (auto why = why_not_writable(c_.log.file); !why.empty())
        note("log.file", why);
    if (!c_.backup.directory.empty() && ::access(c_.backup.directory.c_str(), W_OK) != 0)
      note("backup.directory", fmt::format("{}: {}", c_.backup.directory, std::strerror(errno)));
    if (const auto& dumps = c_.retention.dump_directory;
        !dumps.empty() && ::access(dumps.c_str(), W_OK) != 0)
      note("retention.dump_directory", fmt::format("{}: {}", dumps, std::strerror(errno)));
    std::error_code problem;
    // Made at the first start when it is missing.
    const auto& credential = c_.data.credential_file;
    if (!credential.empty() && fs::exists(credential, problem))
      if (auto text = read_whole(credential); !text)
        note("data.credential_file", text.error().detail);
    if (fs::exists(c_.data_dir, problem) && !fs::is_directory(c_.data_dir, problem))
      note("data_dir", c_.data_dir + ": is no folder");
  }

  faults found_;
  const config& c_;
  const option_origins& where_;
  std::map<std::string, std::string> texts_;
};

} // namespace

tl::unexpected<error>
blame(const option_origins& where, const std::string& name, std::string_view reason) {
  auto place = where.find(name);
  return fail(
    ec::bad_request,
    fmt::format(
      "{}: {}: {}", place == where.end() ? "configuration" : place->second, name, reason));
}

expected<void> check_files(const config& c, const option_origins& where) {
  return file_checker(c, where).check();
}

std::vector<std::string> file_options() {
  std::vector<std::string> names{
    "data_dir", "log.file", "backup.directory", "retention.dump_directory", "data.credential_file"};
  for (const auto& option : files)
    names.emplace_back(option.name);
  return names;
}

} // namespace aops::base
