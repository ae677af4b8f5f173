#pragma once

#include "runtime/io/storage/sqlite.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

/// The conformance suite runs every case on every engine of `engines()`. A new engine is one more
/// entry.
namespace aops::tests {

/// A directory of its own under the system's temporary folder, removed with everything in it.
class scratch_dir {
public:
  scratch_dir() {
    auto pattern = (std::filesystem::temp_directory_path() / "aops-storage-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~scratch_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_dir(const scratch_dir&) = delete;
  scratch_dir& operator=(const scratch_dir&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// An empty store of one engine with the schema of today.
class store {
public:
  virtual ~store() = default;
  virtual storage::database_pool& pool() = 0;
  storage::database& db() { return pool().writer(); }
};

struct engine {
  std::string name;
  std::unique_ptr<store> (*make)();
  friend std::ostream& operator<<(std::ostream& out, const engine& x) { return out << x.name; }
};

std::vector<engine> engines();

} // namespace aops::tests

/// A case of the conformance suite; `it` is a fresh store.
#define STORE_CASE(name)                                                                           \
  static void name(aops::tests::store& it);                                                        \
  BOOST_DATA_TEST_CASE(                                                                            \
    on_every_engine_##name, boost::unit_test::data::make(aops::tests::engines()), engine) {        \
    auto it = engine.make();                                                                       \
    name(*it);                                                                                     \
  }                                                                                                \
  static void name([[maybe_unused]] aops::tests::store& it)
