#include "tests/support/process.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace aops::tests {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds poll_interval{5};

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

class socket_handle {
public:
  socket_handle() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0)
      give_up("socket");
  }
  ~socket_handle() { ::close(fd_); }
  socket_handle(const socket_handle&) = delete;
  socket_handle& operator=(const socket_handle&) = delete;
  int fd() const { return fd_; }

private:
  int fd_;
};

sockaddr_in address_of(const std::string& address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1)
    throw std::runtime_error("not an IPv4 address: " + address);
  return result;
}

bool connect_to(const socket_handle& s, const std::string& address, uint16_t port) {
  auto to = address_of(address, port);
  return ::connect(s.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry)
    result.emplace_back(*entry);
  result.insert(result.end(), added.begin(), added.end());
  return result;
}

/// In the child, between fork and exec: only what is safe for signal handlers.
[[noreturn]] void become(
  char* const* argv, char* const* environment, const char* folder, int out, int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int null = ::open("/dev/null", O_RDONLY);
  bool ready = ::dup2(null, 0) >= 0 && ::dup2(out, 1) >= 0 && ::dup2(err, 2) >= 0 &&
               (*folder == '\0' || ::chdir(folder) == 0);
  if (ready)
    ::execvpe(argv[0], argv, environment);
  ::_exit(127);
}

} // namespace

temp_folder::temp_folder() {
  auto base = std::filesystem::temp_directory_path() / "aops-test-XXXXXX";
  path_ = base.string();
  if (!::mkdtemp(path_.data()))
    give_up("mkdtemp");
}

temp_folder::~temp_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

uint16_t free_port(const std::string& address) {
  socket_handle s;
  auto any = address_of(address, 0);
  socklen_t size = sizeof any;
  if (::bind(s.fd(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 ||
      ::getsockname(s.fd(), reinterpret_cast<sockaddr*>(&any), &size) != 0)
    give_up("bind");
  return ntohs(any.sin_port);
}

bool accepts_connections(const std::string& address, uint16_t port) {
  socket_handle s;
  return connect_to(s, address, port);
}

std::string http_get(const std::string& address, uint16_t port, const std::string& path) {
  socket_handle s;
  timeval limit{10, 0};
  ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  auto text = "GET " + path + " HTTP/1.0\r\nHost: " + address + "\r\n\r\n";
  if (!connect_to(s, address, port) ||
      ::send(s.fd(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    return {};
  std::string answer;
  char buffer[16384];
  ssize_t n = 0;
  while ((n = ::recv(s.fd(), buffer, sizeof buffer, 0)) > 0)
    answer.append(buffer, static_cast<size_t>(n));
  auto body = answer.find("\r\n\r\n");
  bool fine = n == 0 && body != std::string::npos && answer.find(" 200 ") < answer.find("\r\n");
  return fine ? answer.substr(body + 4) : std::string{};
}

bool eventually(const std::function<bool()>& is_true, std::chrono::milliseconds within) {
  for (auto deadline = clock::now() + within;;) {
    if (is_true())
      return true;
    if (clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(
      poll_interval); // Between two looks at another process; nothing depends on it.
  }
}

process::process(std::vector<std::string> argv, start_options options)
    : options_(std::move(options)) {
  auto environment = environment_with(options_.environment);
  auto argv_pointers = pointers(argv);
  auto environment_pointers = pointers(environment);
  auto open_log = [&](const char* name) {
    return ::open((folder_ / name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  };
  int out = open_log("out"), err = open_log("err");
  pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0)
    become(
      argv_pointers.data(), environment_pointers.data(), options_.folder.c_str(), out, err, parent);
  ::close(out);
  ::close(err);
  if (pid_ < 0)
    give_up("fork");
}

process::~process() { terminate(); }

bool process::reap(bool block) {
  if (ended_)
    return true;
  int status = 0;
  pid_t got = 0;
  do
    got = ::waitpid(pid_, &status, block ? 0 : WNOHANG);
  while (got < 0 && errno == EINTR);
  if (got == 0)
    return false;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool process::running() { return !reap(false); }

void process::signal(int number) {
  if (!reap(false))
    ::kill(pid_, number);
}

int process::wait(std::chrono::milliseconds within) {
  return eventually([this] { return reap(false); }, within) ? exit_code_ : -1;
}

int process::terminate() {
  signal(SIGTERM);
  if (!eventually([this] { return reap(false); }, options_.grace)) {
    ::kill(pid_, SIGKILL);
    reap(true);
  }
  return exit_code_;
}

std::string process::output() const { return content_of(folder_ / "out"); }
std::string process::errors() const { return content_of(folder_ / "err"); }

std::string process::wait_for_line(const std::string& beginning, std::chrono::milliseconds within) {
  std::string found;
  eventually(
    [&] {
      bool over = !running(); // Before reading: what it wrote last counts.
      std::istringstream lines(output());
      for (std::string line; std::getline(lines, line) && !lines.eof();)
        if (std::string_view(line).starts_with(beginning)) {
          found = line;
          return true;
        }
      return over;
    },
    within);
  return found;
}

std::string run(std::vector<std::string> argv) {
  auto name = argv.at(0);
  process p(std::move(argv));
  if (int code = p.wait(); code != 0)
    throw std::runtime_error(name + " exits " + std::to_string(code) + ": " + p.errors() +
                             p.output());
  return p.output();
}

} // namespace aops::tests
