#include "runtime/io/storage/sqlite_statements.hpp"

namespace aops::storage {

namespace {

ec constraint_error(int code) {
  switch (code) {
  case SQLITE_CONSTRAINT_UNIQUE:
  case SQLITE_CONSTRAINT_PRIMARYKEY:
  case SQLITE_CONSTRAINT_ROWID:
    return ec::conflict;
  case SQLITE_CONSTRAINT_FOREIGNKEY:
    return ec::has_dependency;
  default:
    return ec::query_failed;
  }
}

ec refusal_of(std::string_view statement) {
  if (statement.starts_with("insert"))
    return ec::insert_failed;
  if (statement.starts_with("update"))
    return ec::update_failed;
  if (statement.starts_with("delete"))
    return ec::delete_failed;
  return ec::query_failed;
}

ec meaning_of(int code, std::string_view statement) {
  switch (code & 0xff) {
  case SQLITE_CONSTRAINT:
    return constraint_error(code) == ec::query_failed ? refusal_of(statement)
                                                      : constraint_error(code);
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_NOMEM:
    return ec::overloaded;
  case SQLITE_IOERR:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_CANTOPEN:
  case SQLITE_FULL:
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
  case SQLITE_PROTOCOL:
    return ec::store_unreachable;
  default:
    return refusal_of(statement);
  }
}

} // namespace

error sqlite_error(sqlite3* db, int code, std::string_view statement) {
  // SQLite's messages name tables and columns, never values.
  std::string detail = "store: ";
  detail += db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  return {meaning_of(code, statement), std::move(detail)};
}

sqlite_statements::use::use(use&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)),
      busy_(std::exchange(other.busy_, nullptr)) {}

sqlite_statements::use::~use() {
  if (!statement_)
    return;
  if (!busy_) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *busy_ = false;
}

expected<sqlite3_stmt*> sqlite_statements::prepare(std::string_view text, bool is_kept) {
  sqlite3_stmt* statement = nullptr;
  auto flags = is_kept ? SQLITE_PREPARE_PERSISTENT : 0;
  auto code = sqlite3_prepare_v3(db_,
                                 text.data(),
                                 static_cast<int>(text.size()),
                                 static_cast<unsigned>(flags),
                                 &statement,
                                 nullptr);
  if (code != SQLITE_OK)
    return fail(sqlite_error(db_, code, text));
  return statement;
}

void sqlite_statements::make_room() {
  if (entries_.size() < most)
    return;
  auto oldest = entries_.end();
  for (auto i = entries_.begin(); i != entries_.end(); ++i)
    if (!i->second.busy &&
        (oldest == entries_.end() || i->second.last_use < oldest->second.last_use))
      oldest = i;
  if (oldest != entries_.end())
    entries_.erase(oldest);
}

expected<sqlite_statements::use> sqlite_statements::take(std::string_view text) {
  ++uses_;
  auto found = entries_.find(text);
  if (found != entries_.end() && !found->second.busy) {
    ++hits_;
    auto& e = found->second;
    e.busy = true;
    e.last_use = uses_;
    return use{e.statement.get(), &e.busy};
  }
  bool is_kept = found == entries_.end() && text.size() <= longest_text;
  auto statement = prepare(text, is_kept);
  if (!statement)
    return fail(std::move(statement.error()));
  if (!is_kept)
    return use{*statement, nullptr};
  make_room();
  auto& e = entries_[std::string{text}];
  e.statement.reset(*statement);
  e.busy = true;
  e.last_use = uses_;
  return use{*statement, &e.busy};
}

expected<void> bind(sqlite3_stmt* statement, parameters values, bool copy) {
  auto marks = static_cast<size_t>(sqlite3_bind_parameter_count(statement));
  if (marks != values.size())
    return fail(ec::internal,
                "store: a statement with " + std::to_string(marks) + " marks got " +
                  std::to_string(values.size()) + " values");
  auto lifetime = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
  int code = SQLITE_OK;
  for (int i = 0; i < static_cast<int>(values.size()) && code == SQLITE_OK; ++i) {
    const auto& x = values[static_cast<size_t>(i)];
    auto bytes = x.text();
    switch (x.what()) {
    case parameter::kind::null:
      code = sqlite3_bind_null(statement, i + 1);
      break;
    case parameter::kind::integer:
      code = sqlite3_bind_int64(statement, i + 1, x.integer());
      break;
    case parameter::kind::real:
      code = sqlite3_bind_double(statement, i + 1, x.real());
      break;
    case parameter::kind::text:
      code = sqlite3_bind_text64(
        statement, i + 1, bytes.data() ? bytes.data() : "", bytes.size(), lifetime, SQLITE_UTF8);
      break;
    case parameter::kind::blob:
      code = bytes.empty()
               ? sqlite3_bind_zeroblob(statement, i + 1, 0)
               : sqlite3_bind_blob64(statement, i + 1, bytes.data(), bytes.size(), lifetime);
      break;
    }
  }
  if (code != SQLITE_OK)
    return fail(sqlite_error(sqlite3_db_handle(statement), code));
  return {};
}

} // namespace aops::storage
