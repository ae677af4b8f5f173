#include "runtime/io/storage/migration.hpp"

#include "runtime/base/log.hpp"

namespace aops::storage {

namespace {

constexpr const char* version_table = "create table if not exists schema_version ("
                                      "version bigint not null primary key, "
                                      "name varchar(100) not null, "
                                      "applied_ms bigint not null) ${clustered}";

std::string_view trimmed(std::string_view line) {
  auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

/// Where an engine commits definitions at once, a step may have been cut off in the middle: which
/// of its statements are done stands here.
constexpr const char* progress_table = "create table if not exists schema_progress ("
                                       "version bigint not null primary key, "
                                       "statements bigint not null) ${clustered}";

bool is_definition(std::string_view statement) {
  return statement.starts_with("create ") || statement.starts_with("alter ");
}

/// Runs the statements of a step that are not done yet. What is not a definition shares a
/// transaction with the note that it is done.
expected<void> run_statements(database& db, const migration& step) {
  bool is_noted = db.sql().commits_definitions();
  auto note = db.sql().upsert("schema_progress", {"version"}, {"statements"});
  std::optional<int64_t> before;
  if (is_noted) {
    auto found =
      db.integer("select statements from schema_progress where version = ?", step.version);
    if (!found)
      return fail(std::move(found.error()));
    before = *found;
    if (!before)
      if (auto begun = db.run(note, step.version, 0); !begun)
        return fail(std::move(begun.error()));
  }
  auto statements = statements_of(step.sql);
  auto first = static_cast<size_t>(before.value_or(0));
  for (auto i = first; i < statements.size(); ++i) {
    if (!db.in_transaction())
      if (auto begun = db.begin(); !begun)
        return begun;
    auto defined = db.sql().define(statements[i]);
    auto done = defined.empty() ? expected<void>{} : db.execute(defined);
    // Cut off between a definition and its note, it is there already.
    bool is_there =
      !done && done.error() == ec::conflict && before && i == first && is_definition(statements[i]);
    if (!done && !is_there)
      return done;
    if (is_noted)
      if (auto noted = db.run(note, step.version, i + 1); !noted)
        return fail(std::move(noted.error()));
  }
  return {};
}

/// A store whose steps have the same numbers and other names was made by something else.
expected<void> refuse_others(database& db, std::span<const migration> steps) {
  auto applied = db.list("select version, name from schema_version", [](const row& r) {
    return std::pair{r.integer(0), r.string(1)};
  });
  if (!applied)
    return fail(std::move(applied.error()));
  for (const auto& [version, name] : *applied)
    for (const auto& step : steps)
      if (step.version == version && step.name != name)
        return fail(ec::conflict,
                    "step " + std::to_string(version) + " of the store's schema is " + name +
                      ", here it is " + std::string{step.name} +
                      ": the store was made before the first release; start with an empty one");
  return {};
}

expected<void> apply(database& db, const migration& step, int64_t now_ms) {
  if (auto done = run_statements(db, step); !done)
    return fail(done.error().code,
                "migration " + std::to_string(step.version) + " (" + std::string{step.name} +
                  "): " + done.error().detail);
  auto noted = db.run("insert into schema_version (version, name, applied_ms) values (?, ?, ?)",
                      step.version,
                      step.name,
                      now_ms);
  if (!noted)
    return fail(std::move(noted.error()));
  return {};
}

} // namespace

std::vector<std::string> statements_of(std::string_view sql) {
  std::vector<std::string> out;
  std::string statement;
  while (!sql.empty()) {
    auto end = sql.find('\n');
    auto line = trimmed(sql.substr(0, end));
    sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 1);
    if (line.empty() || line.starts_with("--"))
      continue;
    if (!statement.empty())
      statement += '\n';
    statement += line;
    if (statement.back() == ';') {
      statement.pop_back();
      out.push_back(std::exchange(statement, {}));
    }
  }
  if (!statement.empty())
    out.push_back(std::move(statement));
  return out;
}

expected<int64_t> schema_version(database& db) {
  if (auto made = db.execute(db.sql().define(version_table)); !made)
    return fail(std::move(made.error()));
  return db.count("select max(version) from schema_version");
}

expected<int64_t> migrate(database& db, std::span<const migration> steps) {
  auto version = schema_version(db);
  if (!version)
    return version;
  if (db.sql().commits_definitions())
    if (auto made = db.execute(db.sql().define(progress_table)); !made)
      return fail(std::move(made.error()));
  auto newest = steps.empty() ? 0 : steps.back().version;
  if (*version > newest)
    return fail(ec::conflict,
                "the store's schema has version " + std::to_string(*version) +
                  ", this release knows versions up to " + std::to_string(newest) +
                  ": start the newer release, or restore a backup made by this one");
  if (auto same = refuse_others(db, steps); !same)
    return fail(std::move(same.error()));
  auto now = db.now_ms();
  if (!now)
    return now;
  for (const auto& step : steps) {
    if (step.version <= *version)
      continue;
    // Where definitions commit, `apply` begins transactions as it needs them.
    if (!db.sql().commits_definitions())
      if (auto begun = db.begin(); !begun)
        return fail(std::move(begun.error()));
    auto done = apply(db, step, *now);
    if (done && db.in_transaction())
      done = db.commit();
    if (!done) {
      db.rollback();
      return fail(std::move(done.error()));
    }
    log::debug(
      "schema-migrated", "The store's schema reached version {} ({})", step.version, step.name);
    version = step.version;
  }
  return version;
}

} // namespace aops::storage
