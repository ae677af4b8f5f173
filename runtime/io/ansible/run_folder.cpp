#include "runtime/io/ansible/run_folder.hpp"

#include "runtime/base/descriptor.hpp"
#include "runtime/base/log.hpp"
#include "runtime/io/ansible/host_keys.hpp"
#include "runtime/io/ansible/own_modules.hpp"
#include "runtime/io/ansible/run_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace aops::ansible {

namespace {

namespace fs = std::filesystem;

/// A socket's path has 108 bytes; ssh and Ansible add up to 29 to this.
constexpr size_t longest_socket_folder = 76;
constexpr const char* sockets_link = "sockets";
constexpr std::string_view outside_sockets = "/tmp/aops-run-XXXXXX";

/// A folder of this user, and no link to one.
bool is_own_folder(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

/// Whether a name is one that `mkdtemp` gives to `outside_sockets`.
bool is_outside(const std::string& path) {
  auto begin = outside_sockets.substr(0, outside_sockets.find('X'));
  return path.size() == outside_sockets.size() && path.starts_with(begin) &&
         path.find_first_of("/.", begin.size()) == std::string::npos;
}

tl::unexpected<error> cannot(std::string_view what, const std::string& path) {
  return fail(ec::task_failed, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

expected<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0)
    return cannot("make", path);
  return {};
}

expected<void> write_file(const std::string& path, std::string_view content) {
  base::descriptor file(
    ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    return cannot("make", path);
  while (!content.empty()) {
    auto n = ::write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return cannot("write", path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

/// Where ssh's sockets are: in the run folder, or behind a link of it where that is too deep.
expected<std::string> make_sockets(const std::string& folder) {
  auto inside = folder + "/" + sockets_link;
  if (inside.size() <= longest_socket_folder)
    return make_folder(inside).map([&] { return inside; });
  std::string outside{outside_sockets};
  if (!::mkdtemp(outside.data()))
    return cannot("make", outside);
  if (::symlink(outside.c_str(), inside.c_str()) != 0)
    return cannot("make", inside);
  return outside;
}

/// What lies beside a playbook.
expected<void> link_package(const std::string& package, const std::string& project) {
  std::error_code fault;
  for (const auto& entry : fs::directory_iterator(package, fault))
    if (::symlink(entry.path().c_str(),
                  (project + "/" + entry.path().filename().string()).c_str()) != 0)
      return cannot("link", entry.path().string());
  if (fault)
    return fail(ec::task_failed, fmt::format("cannot read {}: {}", package, fault.message()));
  return {};
}

} // namespace

expected<run_folder> run_folder::make(const std::string& parent, const play_order& order) {
  if (auto fine = check_order(order); !fine)
    return fail(std::move(fine.error()));
  auto path = parent + "/" + order.run;
  if (!is_plain_folder(path))
    return fail(ec::task_failed,
                "tasks.directory: must be an absolute path of letters, digits and -_.+@ only");
  std::error_code fault;
  fs::create_directories(parent, fault);
  ::chmod(parent.c_str(), 0700);
  if (auto made = make_folder(path); !made)
    return fail(std::move(made.error()));
  run_folder folder{path};
  if (auto filled = folder.fill(order); !filled)
    return fail(std::move(filled.error()));
  return folder;
}

run_folder::run_folder(run_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

run_folder::~run_folder() {
  if (!path_.empty())
    remove_run_folder(path_);
}

expected<void> run_folder::fill(const play_order& order) {
  for (auto name : {"", "/env", "/inventory", "/project", "/known", "/keys", "/tmp"})
    if (*name)
      if (auto made = make_folder(path_ + name); !made)
        return made;
  auto sockets = make_sockets(path_);
  if (!sockets)
    return fail(std::move(sockets.error()));
  auto hosts = inventory(order, path_);
  auto playbook = marked_playbook(order);
  for (const auto* text : {&hosts, &playbook})
    if (!*text)
      return fail(text->error());
  const std::pair<std::string, std::string> files[] = {
    {"/ansible.cfg", ansible_settings(path_, *sockets)},
    {"/ssh_config", ssh_settings()},
    {"/inventory/hosts.json", std::move(*hosts)},
    {"/project/play.json", std::move(*playbook)},
    {"/env/extravars", order.vars},
    {"/env/settings", R"({"suppress_env_files": true})"},
  };
  for (const auto& [name, content] : files)
    if (auto written = write_file(path_ + name, content); !written)
      return written;
  for (const auto& host : order.hosts) {
    if (auto written =
          write_file(path_ + "/known/" + host.id, known_hosts(host.id, host.host_keys));
        !written)
      return written;
    if (auto key = host.private_key.text; !key.empty())
      if (auto written =
            write_file(path_ + "/keys/" + host.id, key.ends_with('\n') ? key : key + "\n");
          !written)
        return written;
  }
  if (order.has_own_modules) {
    if (auto made = make_folder(path_ + "/project/library"); !made)
      return made;
    for (const auto& [name, text] : own_modules())
      if (auto written = write_file(fmt::format("{}/project/library/{}", path_, name), text);
          !written)
        return written;
  }
  return order.package.empty() ? expected<void>{} : link_package(order.package, path_ + "/project");
}

std::vector<std::string> run_folder::learnt_keys(const target& host) const {
  if (!host.host_keys.empty())
    return {};
  std::ifstream file{path_ + "/known/" + host.id};
  std::ostringstream text;
  text << file.rdbuf();
  return keys_of(text.str());
}

void remove_run_folder(const std::string& path) {
  std::error_code fault;
  if (!is_own_folder(path)) {
    // Nothing of a run: a link goes, not what it leads to.
    if (auto kind = fs::symlink_status(path, fault).type();
        kind == fs::file_type::symlink || kind == fs::file_type::regular)
      fs::remove(path, fault);
    return;
  }
  auto outside = fs::read_symlink(path + "/" + sockets_link, fault).string();
  if (!fault && is_outside(outside) && is_own_folder(outside))
    fs::remove_all(outside, fault);
  fs::remove_all(path, fault);
  if (fault)
    log::warn("run-folder-stays", "secrets of a run stay in {}: {}", path, fault.message());
}

} // namespace aops::ansible
