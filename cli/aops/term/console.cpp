#include "cli/aops/term/console.hpp"

#include "cli/aops/term/interrupt.hpp"
#include "cli/aops/text/language.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <iostream>
#include <langinfo.h>
#include <optional>
#include <sys/ioctl.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

namespace aops::cli {

namespace {

constexpr size_t longest_line = 64 << 10;

/// Byte by byte: a buffered reader would swallow the lines that belong to the next secret.
expected<std::string> read_line_of(int fd) {
  std::string line;
  char c = 0;
  while (true) {
    auto n = ::read(fd, &c, 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0 && line.empty())
      return fail(ec::bad_request, tr("standard input has no more lines"));
    if (n <= 0 || c == '\n')
      break;
    if (line.size() == longest_line)
      return fail(ec::bad_request, tr("the line on standard input is too long"));
    line += c;
  }
  if (line.ends_with('\r'))
    line.pop_back();
  return line;
}

/// The controlling terminal, switched to single keys without echo for as long as this lives.
class raw_terminal {
public:
  raw_terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0)
      return;
    auto raw = before_;
    // Signals off too: Ctrl-C must not leave the terminal without echo.
    raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    ready_ = ::tcsetattr(fd_, TCSAFLUSH, &raw) == 0;
    if (ready_) // An interrupt that does not come from the keyboard.
      restore_.emplace([this] { ::tcsetattr(fd_, TCSAFLUSH, &before_); });
  }
  ~raw_terminal() {
    restore_.reset();
    if (ready_)
      ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0)
      ::close(fd_);
  }
  raw_terminal(const raw_terminal&) = delete;
  raw_terminal& operator=(const raw_terminal&) = delete;

  bool ready() const { return ready_; }
  void say(std::string_view text) const {
    [[maybe_unused]] auto n = ::write(fd_, text.data(), text.size());
  }
  char key() const {
    char c = 4;
    ssize_t n = 0;
    do
      n = ::read(fd_, &c, 1);
    while (n < 0 && errno == EINTR);
    return n == 1 ? c : char{4};
  }

private:
  int fd_ = -1;
  bool ready_ = false;
  termios before_{};
  std::optional<at_interrupt> restore_;
};

void erase_last(std::string& line) {
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80)
    line.pop_back();
  if (!line.empty())
    line.pop_back();
}

expected<std::string> ask_terminal(const std::string& question, bool hidden) {
  raw_terminal terminal;
  if (!terminal.ready())
    return fail(ec::not_found, tr("there is no terminal to ask on"));
  terminal.say(question);
  std::string line;
  while (true) {
    char c = terminal.key();
    if (c == 3 || (c == 4 && line.empty())) { // Ctrl-C, Ctrl-D
      terminal.say("\n");
      return fail(ec::cancelled, tr("cancelled"));
    }
    if (c == '\n' || c == '\r' || c == 4)
      break;
    if (c == 127 || c == 8) {
      if (!line.empty() && !hidden)
        terminal.say("\b \b");
      erase_last(line);
    } else if (line.size() < longest_line) {
      line += c;
      if (!hidden)
        terminal.say({&c, 1});
    }
  }
  terminal.say("\n");
  return line;
}

winsize terminal_size() {
  winsize size{};
  for (int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      return size;
  return {};
}

std::optional<std::string> environment_value(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>{value} : std::nullopt;
}

} // namespace

console system_console() {
  std::setlocale(LC_CTYPE, "");
  console result{.out = std::cout,
                 .err = std::cerr,
                 .env = environment_value,
                 .now_s = {},
                 .pause = {},
                 .read_line = {},
                 .ask = {}};
  result.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  result.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
  result.unicode = std::string_view{::nl_langinfo(CODESET)} == "UTF-8";
  if (auto size = terminal_size(); size.ws_col > 0) {
    result.width = size.ws_col;
    result.height = std::max<size_t>(size.ws_row, 4);
  }
  result.now_s = [] { return static_cast<int64_t>(std::time(nullptr)); };
  result.pause = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds{ms}); };
  result.read_line = [] { return read_line_of(STDIN_FILENO); };
  result.ask = ask_terminal;
  return result;
}

} // namespace aops::cli
