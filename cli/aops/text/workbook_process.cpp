#include "cli/aops/text/workbook_process.hpp"

#include "cli/aops/text/files.hpp"
#include "cli/aops/text/language.hpp"
#include "runtime/base/descriptor.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>

namespace aops::cli {

namespace {

/// 64 MiB of text, and how long each of a million is.
constexpr size_t most_told = size_t{80} << 20;

/// In place of the number of rows: an error follows.
constexpr uint64_t refused = UINT64_MAX;

void put(std::string& out, uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put(std::string& out, const std::string& text) {
  put(out, uint64_t{text.size()});
  out += text;
}

std::string packed(const expected<sheet_cells>& found) {
  std::string out;
  put(out, found ? uint64_t{found->size()} : refused);
  if (!found)
    put(out, found.error().detail);
  else
    for (const auto& row : *found) {
      put(out, uint64_t{row.size()});
      for (const auto& cell : row)
        put(out, cell);
    }
  return out;
}

/// Takes apart what a process said that may have gone wrong in any way.
class unpacker {
public:
  explicit unpacker(std::string_view told) : rest_(told) {}

  std::optional<uint64_t> number() {
    uint64_t x = 0;
    if (rest_.size() < sizeof x)
      return std::nullopt;
    std::memcpy(&x, rest_.data(), sizeof x);
    rest_.remove_prefix(sizeof x);
    return x;
  }

  std::optional<std::string> text() {
    auto size = number();
    if (!size || *size > rest_.size())
      return std::nullopt;
    std::string x{rest_.substr(0, *size)};
    rest_.remove_prefix(*size);
    return x;
  }

  std::optional<std::vector<std::string>> row() {
    auto cells = number();
    if (!cells)
      return std::nullopt;
    std::vector<std::string> x;
    for (uint64_t i = 0; i < *cells; ++i) {
      auto cell = text();
      if (!cell)
        return std::nullopt;
      x.push_back(std::move(*cell));
    }
    return x;
  }

private:
  std::string_view rest_;
};

expected<sheet_cells> unpacked(std::string_view told) {
  unpacker parts{told};
  auto rows = parts.number();
  if (rows == refused)
    if (auto why = parts.text())
      return fail(ec::bad_request, *why);
  if (!rows || rows == refused)
    return tl::unexpected<error>(damaged_workbook());
  sheet_cells found;
  for (uint64_t i = 0; i < *rows; ++i) {
    auto row = parts.row();
    if (!row)
      return tl::unexpected<error>(damaged_workbook());
    found.push_back(std::move(*row));
  }
  return found;
}

/// Up to the end; nothing when there is more than may be.
std::optional<std::string> read_all(int from) {
  std::string text;
  char buffer[1 << 16];
  while (text.size() <= most_told) {
    auto n = ::read(from, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0 ? std::optional{std::move(text)} : std::nullopt;
    text.append(buffer, static_cast<size_t>(n));
  }
  return std::nullopt;
}

/// It dies quietly, and soon.
void limit_myself(std::chrono::seconds most) {
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGXCPU, SIGALRM})
    std::signal(signal, SIG_DFL); // What others do then is theirs to do.
  auto seconds = static_cast<rlim_t>(most.count());
  rlimit time{seconds, seconds}, core{0, 0};
  ::setrlimit(RLIMIT_CPU, &time);
  ::setrlimit(RLIMIT_CORE, &core);
}

} // namespace

error damaged_workbook() {
  return {ec::bad_request, tr("the workbook is damaged, or not of Excel 97 to 2003")};
}

expected<sheet_cells> read_apart(const std::function<expected<sheet_cells>()>& read,
                                 std::chrono::seconds most) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return tl::unexpected<error>(damaged_workbook());
  base::descriptor from{ends[0]}, to{ends[1]};
  auto child = ::fork();
  if (child < 0)
    return tl::unexpected<error>(damaged_workbook());
  if (child == 0) {
    limit_myself(most);
    ::_exit(write_all(to.get(), packed(read())) ? 0 : 1);
  }
  to = base::descriptor{}; // Else there is no end.
  auto told = read_all(from.get());
  if (!told)
    ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return told ? unpacked(*told) : tl::unexpected<error>(damaged_workbook());
}

} // namespace aops::cli
