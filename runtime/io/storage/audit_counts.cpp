#include "runtime/io/storage/audit_counts.hpp"

#include "runtime/io/storage/steps.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace aops::storage {

namespace {

struct going_records {
  std::string owner, username, kind;
  int64_t count = 0;
};

std::string addition(database& db) {
  return db.sql().insert_or_add("audit_count", {"owner", "username", "kind"}, "total");
}

} // namespace

expected<void>
audit_counts::add(std::string_view owner, std::string_view username, std::string_view kind) {
  return only(db_.run(addition(db_), owner, username, kind, 1));
}

expected<void> audit_counts::take(const filter& matching) {
  auto going =
    db_.list_with("select owner, username, kind, count(*) from audit_log where " +
                    matching.where() + " group by owner, username, kind",
                  matching.values(),
                  [](const row& r) {
                    return going_records{r.string(0), r.string(1), r.string(2), r.integer(3)};
                  });
  if (!going)
    return fail(std::move(going.error()));
  std::vector<parameter> values;
  for (const auto& x : *going)
    values.insert(values.end(), {x.owner, x.username, x.kind, -x.count});
  if (auto done = db_.run_many(addition(db_), 4, values); !done)
    return fail(std::move(done.error()));
  return only(db_.run("delete from audit_count where total <= 0"));
}

expected<int64_t> audit_counts::total(const filter& matching) {
  return db_
    .integer_with("select sum(total) from audit_count where " + matching.where(), matching.values())
    .map([](auto sum) { return sum.value_or(0); });
}

} // namespace aops::storage
