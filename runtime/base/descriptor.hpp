#pragma once

#include <unistd.h>
#include <utility>

namespace aops::base {

/// A file descriptor that is closed when this ends; negative: none.
class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_;
};

/// Lets the process open as many files as its hard limit allows: each host is a connection, each
/// client a thread with one more.
void raise_file_limit();

} // namespace aops::base
