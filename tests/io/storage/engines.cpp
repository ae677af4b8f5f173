#include "tests/io/storage/engines.hpp"

#include "tests/io/storage/mariadb_store.hpp"

namespace aops::tests {

namespace {

class memory_store final : public store {
public:
  storage::database_pool& pool() override { return *pool_; }

private:
  std::unique_ptr<storage::database_pool> pool_ = ok(storage::open_sqlite_in_memory());
};

class file_store final : public store {
public:
  storage::database_pool& pool() override { return *pool_; }

private:
  static storage::sqlite_config config_in(const std::string& dir) {
    storage::sqlite_config config;
    config.data_dir = dir;
    return config;
  }
  scratch_dir dir_;
  std::unique_ptr<storage::database_pool> pool_ = ok(storage::open_sqlite(config_in(dir_.path())));
};

template <class Store>
std::unique_ptr<store> make() {
  return std::make_unique<Store>();
}

} // namespace

std::vector<engine> engines() {
  return {{"sqlite_in_memory", make<memory_store>},
          {"sqlite_on_file", make<file_store>},
          {"mariadb", make<mariadb_store>}};
}

} // namespace aops::tests
