#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace aops::base {

/// What most objects of a kind do not have: a pointer until it is made, and read as a new one then.
template <class T>
class seldom {
public:
  const T* operator->() const { return has() ? made_.get() : &none(); }
  const T& operator*() const { return *operator->(); }
  bool has() const { return made_ != nullptr; }
  T& make() {
    if (!has())
      made_ = std::make_unique<T>();
    return *made_;
  }

private:
  static const T& none() {
    static const T x{};
    return x;
  }
  std::unique_ptr<T> made_;
};

/// A list that mostly has one element, which lies in it then.
template <class T>
class short_list {
public:
  short_list() = default;
  explicit short_list(std::span<const T> all) : size_(static_cast<uint32_t>(all.size())) {
    if (all.size() > 1)
      several_ = std::make_unique<T[]>(all.size());
    std::copy(all.begin(), all.end(), begin());
  }
  short_list(short_list&& x) noexcept { *this = std::move(x); }
  short_list& operator=(short_list&& x) noexcept {
    one_ = x.one_;
    several_ = std::move(x.several_);
    size_ = std::exchange(x.size_, 0);
    return *this;
  }

  T* begin() { return several_ ? several_.get() : &one_; }
  T* end() { return begin() + size_; }
  const T* begin() const { return several_ ? several_.get() : &one_; }
  const T* end() const { return begin() + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return begin()[i]; }
  const T& operator[](size_t i) const { return begin()[i]; }
  std::span<const T> all() const { return {begin(), size_}; }
  /// Takes time of the length of the list.
  void push_back(T x) {
    short_list longer;
    longer.size_ = size_ + 1;
    if (longer.size_ > 1)
      longer.several_ = std::make_unique<T[]>(longer.size_);
    std::copy(begin(), end(), longer.begin());
    longer[size_] = x;
    *this = std::move(longer);
  }
  void clear() { *this = {}; }
  /// Beside the list itself.
  size_t memory_bytes() const { return several_ ? size_ * sizeof(T) : 0; }

private:
  T one_{};
  uint32_t size_ = 0;
  std::unique_ptr<T[]> several_;
};

} // namespace aops::base
