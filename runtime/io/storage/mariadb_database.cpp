#include "runtime/io/storage/mariadb_database.hpp"

#include "runtime/io/storage/mariadb_dialect.hpp"

#include <poll.h>

namespace aops::storage {

namespace {

constexpr size_t most_rows = 1000;         ///< Of one array.
constexpr size_t most_bytes = 1024 * 1024; ///< Of one array, about; a packet takes 16 MiB.

} // namespace

/// A result, held on this side.
class mariadb_cursor final : public cursor {
public:
  explicit mariadb_cursor(mariadb_statements::use statement) : use_(std::move(statement)) {}

  expected<bool> next() override {
    auto more = use_->next();
    if (!more)
      return fail(mariadb_error(more.error()));
    return *more;
  }
  bool is_null(int column) const override { return use_->is_null(column); }
  int64_t integer(int column) const override { return use_->integer(column); }
  double real(int column) const override { return use_->real(column); }
  std::string_view text(int column) const override { return use_->text(column); }

private:
  mariadb_statements::use use_;
};

expected<std::unique_ptr<mariadb_database>>
mariadb_database::open(std::shared_ptr<mariadb_endpoints> endpoints, mariadb_session kind) {
  std::unique_ptr<mariadb_database> it{new mariadb_database(std::move(endpoints), kind)};
  if (auto connected = it->reconnect(); !connected)
    return fail(std::move(connected.error()));
  return it;
}

mariadb_database::~mariadb_database() { statements_.clear(); }

const dialect& mariadb_database::sql() const { return mariadb_dialect(); }

// -- the connection

void mariadb_database::drop() {
  statements_.clear();
  link_.reset();
}

/// What the server says unasked is good-bye: it was stopped, or cut the connection.
bool mariadb_database::is_dead() const {
  pollfd socket{static_cast<int>(mysql_get_socket(link_.get())), POLLIN, 0};
  return ::poll(&socket, 1, 0) != 0;
}

expected<void> mariadb_database::ready() {
  if (undone_)
    return fail(*undone_);
  if (link_ && !in_transaction_ && is_dead())
    drop();
  if (link_)
    return {};
  return reconnect();
}

expected<void> mariadb_database::reconnect() {
  if (link_ && !is_dead() && mysql_ping(link_.get()) == 0)
    return {};
  in_transaction_ = false;
  undone_.reset();
  drop();
  auto link = endpoints_->connect(kind_, was_connected_);
  if (!link)
    return fail(std::move(link.error()));
  link_ = std::move(*link);
  was_connected_ = true;
  return {};
}

/// Translates an error and remembers what it did to connection and transaction.
error mariadb_database::note(const mariadb_trouble& what, std::string_view statement) {
  auto out = mariadb_error(what, statement);
  bool is_lost = ends_connection(what.number);
  if (in_transaction_ && (is_lost || what.number == deadlock)) {
    in_transaction_ = false;
    undone_ = out;
  }
  if (is_lost)
    drop();
  return out;
}

expected<void> mariadb_database::say(std::string_view text) {
  if (mysql_real_query(link_.get(), text.data(), text.size()) != 0)
    return fail(note({mysql_errno(link_.get()), mysql_error(link_.get())}, text));
  if (auto rows = mysql_store_result(link_.get()))
    mysql_free_result(rows);
  in_transaction_ = (link_->server_status & SERVER_STATUS_IN_TRANS) != 0;
  return {};
}

/// `attempt(was_sent)` again on a fresh connection when the first one was lost before the server
/// can have done anything.
template <class Try>
auto mariadb_database::trying(Try attempt) {
  bool was_sent = false;
  auto done = attempt(was_sent);
  if (!done && !link_ && !was_sent && !undone_)
    done = attempt(was_sent);
  return done;
}

// -- transactions

expected<void> mariadb_database::start(std::initializer_list<std::string_view> words) {
  undone_.reset();
  if (in_transaction_)
    return fail(ec::internal, "store: a transaction is open already");
  return trying([&](bool&) -> expected<void> {
    auto done = ready();
    for (auto text : words)
      if (done)
        done = say(text);
    return done;
  });
}

expected<void> mariadb_database::begin() {
  return start({kind_ == mariadb_session::reads ? "start transaction with consistent snapshot"
                                                : "start transaction"});
}

expected<void> mariadb_database::begin_reading() {
  if (kind_ == mariadb_session::reads)
    return begin();
  // The level is for the next transaction only.
  return start({"set transaction isolation level repeatable read",
                "start transaction with consistent snapshot, read only"});
}

expected<void> mariadb_database::commit() {
  if (undone_)
    return fail(*undone_);
  if (!in_transaction_)
    return fail(ec::internal, "store: no transaction is open");
  return say("commit");
}

void mariadb_database::rollback() {
  undone_.reset();
  if (!in_transaction_)
    return;
  if (!say("rollback")) {
    // What cannot be undone by word is undone by the connection's end.
    in_transaction_ = false;
    undone_.reset();
    drop();
  }
}

expected<void> mariadb_database::savepoint(int depth) {
  if (undone_)
    return fail(*undone_);
  return say("savepoint s" + std::to_string(depth));
}

/// The next savepoint of this name replaces it: no round trip.
expected<void> mariadb_database::release(int) {
  if (undone_)
    return fail(*undone_);
  return {};
}

void mariadb_database::rollback_to(int depth) {
  if (in_transaction_)
    std::ignore = say("rollback to savepoint s" + std::to_string(depth));
}

// -- statements

expected<int64_t>
mariadb_database::run_once(std::string_view statement, parameters values, bool& was_sent) {
  if (auto usable = ready(); !usable)
    return fail(std::move(usable.error()));
  auto use = statements_.take(link_, statement);
  if (!use)
    return fail(note(use.error(), statement));
  if ((*use)->marks() != values.size())
    return fail(ec::internal,
                "store: a statement with " + std::to_string((*use)->marks()) + " marks got " +
                  std::to_string(values.size()) + " values");
  was_sent = true;
  auto rows = (*use)->run(values);
  if (!rows)
    return fail(note(rows.error(), statement));
  if (auto id = (*use)->insert_id(); id != 0)
    last_id_ = static_cast<int64_t>(id);
  in_transaction_ = (link_->server_status & SERVER_STATUS_IN_TRANS) != 0;
  return *rows;
}

expected<int64_t> mariadb_database::run_with(std::string_view statement, parameters values) {
  if (statement.starts_with("insert /*"))
    return run_careful(statement, values);
  return trying([&](bool& was_sent) { return run_once(statement, values, was_sent); });
}

/// An insert that may find its key taken: then no row matches. Another unique key in the way stays
/// an error.
expected<int64_t> mariadb_database::run_careful(std::string_view statement, parameters values) {
  auto done = trying([&](bool& was_sent) { return run_once(statement, values, was_sent); });
  if (done || done.error() != ec::conflict)
    return done;
  auto parts = careful_insert_of(statement);
  if (!parts || parts->keys > values.size())
    return done;
  auto there = integer_with(parts->exists, values.first(parts->keys));
  if (!there)
    return fail(std::move(there.error()));
  return *there ? expected<int64_t>{0} : done;
}

expected<int64_t>
mariadb_database::run_part(std::string_view statement, size_t columns, parameters rows) {
  return trying([&](bool& was_sent) -> expected<int64_t> {
    if (auto usable = ready(); !usable)
      return fail(std::move(usable.error()));
    auto use = statements_.take(link_, statement);
    if (!use)
      return fail(note(use.error(), statement));
    if ((*use)->marks() != columns)
      return fail(ec::internal,
                  "store: a statement got another number of values than it has marks");
    was_sent = true;
    auto matched = (*use)->run_many(columns, rows);
    if (!matched)
      return fail(note(matched.error(), statement));
    in_transaction_ = (link_->server_status & SERVER_STATUS_IN_TRANS) != 0;
    return *matched;
  });
}

expected<int64_t>
mariadb_database::run_many(std::string_view statement, size_t columns, parameters rows) {
  if (columns == 0 || rows.size() < 2 * columns || statement.starts_with("insert /*"))
    return database::run_many(statement, columns, rows);
  int64_t matched = 0;
  while (rows.size() >= columns) {
    size_t bytes = 0, taken = 0;
    for (size_t count = 0; count < most_rows && taken + columns <= rows.size(); ++count) {
      for (const auto& x : rows.subspan(taken, columns))
        bytes += x.text().size() + sizeof(int64_t);
      if (count > 0 && bytes > most_bytes)
        break;
      taken += columns;
    }
    auto part = rows.first(taken);
    rows = rows.subspan(taken);
    auto done = taken == columns ? run_with(statement, part) : run_part(statement, columns, part);
    if (!done)
      return done;
    matched += *done;
  }
  return matched;
}

expected<std::unique_ptr<cursor>> mariadb_database::query_with(std::string_view statement,
                                                               parameters values) {
  // A query may be asked again: outside of a transaction it has changed nothing.
  return trying([&](bool&) -> expected<std::unique_ptr<cursor>> {
    if (auto usable = ready(); !usable)
      return fail(std::move(usable.error()));
    auto use = statements_.take(link_, statement);
    if (!use)
      return fail(note(use.error(), statement));
    if ((*use)->marks() != values.size())
      return fail(ec::internal,
                  "store: a statement with " + std::to_string((*use)->marks()) + " marks got " +
                    std::to_string(values.size()) + " values");
    auto started = (*use)->start_query(values);
    if (!started)
      return fail(note(started.error(), statement));
    return std::make_unique<mariadb_cursor>(std::move(*use));
  });
}

expected<void> mariadb_database::execute(std::string_view statement) {
  if (auto usable = ready(); !usable)
    return usable;
  return say(statement);
}

expected<int64_t> mariadb_database::now_ms() {
  return count("select cast(unix_timestamp(now(3)) * 1000 as signed)");
}

} // namespace aops::storage
