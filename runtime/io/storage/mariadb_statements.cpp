#include "runtime/io/storage/mariadb_statements.hpp"

#include <charconv>
#include <cstdlib>

namespace aops::storage {

namespace {

constexpr size_t usual_text = 256;      ///< First room for a text of a result.
constexpr size_t kept_room = 64 * 1024; ///< More is given back after a query.

char* bytes_of(std::string_view text) {
  // The library's structure is not const; it only reads.
  static char nothing = 0;
  return text.data() ? const_cast<char*>(text.data()) : &nothing;
}

tl::unexpected<mariadb_trouble> broken(mariadb_trouble what) {
  return tl::unexpected<mariadb_trouble>(std::move(what));
}

/// The values of one column of many rows, as the library wants them.
struct value_array {
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::vector<char*> texts;
  std::vector<unsigned long> lengths;
  std::vector<char> indicators;

  void fill(MYSQL_BIND& to, size_t column, size_t columns, parameters rows) {
    auto what = parameter::kind::null;
    for (auto i = column; i < rows.size(); i += columns) {
      const auto& x = rows[i];
      bool is_null = x.what() == parameter::kind::null;
      if (!is_null)
        what = x.what();
      indicators.push_back(is_null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
      integers.push_back(x.integer());
      reals.push_back(x.real());
      texts.push_back(bytes_of(x.text()));
      lengths.push_back(x.text().size());
    }
    to.u.indicator = indicators.data();
    to.length = lengths.data();
    switch (what) {
    case parameter::kind::null:
    case parameter::kind::integer:
      to.buffer_type = MYSQL_TYPE_LONGLONG;
      to.buffer = integers.data();
      break;
    case parameter::kind::real:
      to.buffer_type = MYSQL_TYPE_DOUBLE;
      to.buffer = reals.data();
      break;
    case parameter::kind::text:
      to.buffer_type = MYSQL_TYPE_STRING;
      to.buffer = texts.data();
      break;
    case parameter::kind::blob:
      to.buffer_type = MYSQL_TYPE_BLOB;
      to.buffer = texts.data();
      break;
    }
  }
};

} // namespace

mariadb_result<std::shared_ptr<mariadb_statement>>
mariadb_statement::prepare(const std::shared_ptr<MYSQL>& db, std::string_view text) {
  auto raw = mysql_stmt_init(db.get());
  if (!raw)
    return broken({mysql_errno(db.get()), mysql_error(db.get())});
  auto out = std::make_shared<mariadb_statement>(db, raw);
  if (mysql_stmt_prepare(raw, text.data(), text.size()) != 0)
    return broken(out->trouble());
  return out;
}

mariadb_trouble mariadb_statement::trouble() const {
  return {mysql_stmt_errno(statement_.get()), mysql_stmt_error(statement_.get())};
}

mariadb_result<void> mariadb_statement::send(parameters values) {
  binds_.assign(values.size(), MYSQL_BIND{});
  integers_.resize(values.size());
  reals_.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& x = values[i];
    auto& to = binds_[i];
    switch (x.what()) {
    case parameter::kind::null:
      to.buffer_type = MYSQL_TYPE_NULL;
      break;
    case parameter::kind::integer:
      integers_[i] = x.integer();
      to.buffer_type = MYSQL_TYPE_LONGLONG;
      to.buffer = &integers_[i];
      break;
    case parameter::kind::real:
      reals_[i] = x.real();
      to.buffer_type = MYSQL_TYPE_DOUBLE;
      to.buffer = &reals_[i];
      break;
    case parameter::kind::text:
    case parameter::kind::blob:
      to.buffer_type = x.what() == parameter::kind::text ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
      to.buffer = bytes_of(x.text());
      to.buffer_length = to.length_value = x.text().size();
      to.length = &to.length_value;
      break;
    }
  }
  if (!binds_.empty() && mysql_stmt_bind_param(statement_.get(), binds_.data()) != 0)
    return broken(trouble());
  if (mysql_stmt_execute(statement_.get()) != 0)
    return broken(trouble());
  return {};
}

mariadb_result<int64_t> mariadb_statement::run(parameters values) {
  if (auto sent = send(values); !sent)
    return broken(std::move(sent.error()));
  auto rows = static_cast<int64_t>(mysql_stmt_affected_rows(statement_.get()));
  is_open_ = mysql_stmt_field_count(statement_.get()) > 0; // A result nobody wants.
  end_query();
  return std::max<int64_t>(rows, 0);
}

mariadb_result<int64_t> mariadb_statement::run_many(size_t columns, parameters rows) {
  auto count = static_cast<unsigned>(rows.size() / columns);
  binds_.assign(columns, MYSQL_BIND{});
  std::vector<value_array> arrays(columns);
  for (size_t i = 0; i < columns; ++i)
    arrays[i].fill(binds_[i], i, columns, rows);
  mysql_stmt_attr_set(statement_.get(), STMT_ATTR_ARRAY_SIZE, &count);
  bool failed = mysql_stmt_bind_param(statement_.get(), binds_.data()) != 0 ||
                mysql_stmt_execute(statement_.get()) != 0;
  auto why = failed ? trouble() : mariadb_trouble{};
  auto matched = static_cast<int64_t>(mysql_stmt_affected_rows(statement_.get()));
  unsigned single = 0;
  mysql_stmt_attr_set(statement_.get(), STMT_ATTR_ARRAY_SIZE, &single);
  if (failed)
    return broken(std::move(why));
  return matched;
}

// -- results

mariadb_result<void> mariadb_statement::start_query(parameters values) {
  if (auto sent = send(values); !sent)
    return sent;
  is_open_ = true;
  learn_columns();
  if (!bind_columns() || mysql_stmt_store_result(statement_.get()) != 0)
    return broken(trouble());
  return {};
}

void mariadb_statement::learn_columns() {
  auto count = mysql_stmt_field_count(statement_.get());
  if (columns_.size() == count)
    return;
  columns_.assign(count, column{});
  std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> about{
    mysql_stmt_result_metadata(statement_.get()), mysql_free_result};
  for (unsigned i = 0; about && i < count; ++i) {
    switch (mysql_fetch_field_direct(about.get(), i)->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      columns_[i].what = kind::integer;
      break;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      columns_[i].what = kind::real;
      break;
    default: // Also decimals, such as sums.
      columns_[i].what = kind::text;
    }
  }
}

bool mariadb_statement::bind_columns() {
  places_.assign(columns_.size(), MYSQL_BIND{});
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto& from = columns_[i];
    auto& to = places_[i];
    to.is_null = &from.is_null;
    to.length = &from.length;
    to.error = &from.is_cut;
    switch (from.what) {
    case kind::integer:
      to.buffer_type = MYSQL_TYPE_LONGLONG;
      to.buffer = &from.integer;
      to.buffer_length = sizeof from.integer;
      break;
    case kind::real:
      to.buffer_type = MYSQL_TYPE_DOUBLE;
      to.buffer = &from.real;
      to.buffer_length = sizeof from.real;
      break;
    case kind::text:
      if (from.bytes.empty())
        from.bytes.resize(usual_text);
      to.buffer_type = MYSQL_TYPE_BLOB;
      to.buffer = from.bytes.data();
      to.buffer_length = from.bytes.size();
      break;
    }
  }
  return places_.empty() || mysql_stmt_bind_result(statement_.get(), places_.data()) == 0;
}

mariadb_result<bool> mariadb_statement::next() {
  switch (mysql_stmt_fetch(statement_.get())) {
  case 0:
  case MYSQL_DATA_TRUNCATED:
    break;
  case MYSQL_NO_DATA:
    return false;
  default:
    return broken(trouble());
  }
  if (auto fetched = fetch_rest(); !fetched)
    return broken(std::move(fetched.error()));
  return true;
}

/// Texts that found no room.
mariadb_result<void> mariadb_statement::fetch_rest() {
  bool has_grown = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto& x = columns_[i];
    if (x.what != kind::text || x.is_null || x.length <= x.bytes.size())
      continue;
    x.bytes.resize(x.length);
    places_[i].buffer = x.bytes.data();
    places_[i].buffer_length = x.bytes.size();
    if (mysql_stmt_fetch_column(statement_.get(), &places_[i], static_cast<unsigned>(i), 0) != 0)
      return broken(trouble());
    has_grown = true;
  }
  if (has_grown && mysql_stmt_bind_result(statement_.get(), places_.data()) != 0)
    return broken(trouble());
  return {};
}

void mariadb_statement::end_query() {
  if (!std::exchange(is_open_, false))
    return;
  mysql_stmt_free_result(statement_.get());
  for (auto& x : columns_)
    if (x.bytes.size() > kept_room)
      x.bytes = {};
}

int64_t mariadb_statement::integer(int i) const {
  const auto& x = at(i);
  if (x.is_null)
    return 0;
  if (x.what == kind::integer)
    return x.integer;
  if (x.what == kind::real)
    return static_cast<int64_t>(x.real);
  int64_t out = 0;
  auto text = this->text(i);
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

double mariadb_statement::real(int i) const {
  const auto& x = at(i);
  if (x.is_null)
    return 0;
  if (x.what == kind::real)
    return x.real;
  if (x.what == kind::integer)
    return static_cast<double>(x.integer);
  double out = 0;
  auto text = this->text(i);
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string_view mariadb_statement::text(int i) const {
  const auto& x = at(i);
  if (x.is_null)
    return {};
  if (x.what == kind::text)
    return std::string_view{x.bytes}.substr(0, x.length);
  char digits[32];
  auto end = x.what == kind::integer ? std::to_chars(digits, digits + 32, x.integer).ptr
                                     : std::to_chars(digits, digits + 32, x.real).ptr;
  x.shown.assign(digits, end);
  return x.shown;
}

// -- the cache

void mariadb_statements::make_room() {
  if (entries_.size() < most)
    return;
  auto oldest = entries_.end();
  for (auto i = entries_.begin(); i != entries_.end(); ++i)
    if (!i->second->is_busy &&
        (oldest == entries_.end() || i->second->last_use < oldest->second->last_use))
      oldest = i;
  if (oldest != entries_.end())
    entries_.erase(oldest);
}

mariadb_result<mariadb_statements::use> mariadb_statements::take(const std::shared_ptr<MYSQL>& db,
                                                                 std::string_view text) {
  ++uses_;
  auto found = entries_.find(text);
  if (found != entries_.end() && !found->second->is_busy) {
    ++hits_;
    found->second->last_use = uses_;
    return use{found->second};
  }
  auto statement = mariadb_statement::prepare(db, text);
  if (!statement)
    return broken(std::move(statement.error()));
  (*statement)->last_use = uses_;
  if (found == entries_.end() && text.size() <= longest_text) {
    make_room();
    entries_.emplace(text, *statement);
  }
  return use{std::move(*statement)};
}

} // namespace aops::storage
