#pragma once

namespace aops::test {

/// How many of `plain` random cases to try: an eighth under sanitizers, which are ten times slower
/// and look for faults of another kind, that the first cases show as well as the last.
template <class Number>
constexpr Number tries(Number plain) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return plain < 8 ? 1 : plain / 8;
#else
  return plain;
#endif
}

} // namespace aops::test
