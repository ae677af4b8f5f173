#include "runtime/io/logs/shelf_file.hpp"

#include "runtime/io/logs/block_finder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::logs {

namespace {

// 1: all blocks are packed quickly. 2: the index has all their words. What knows these forms alone
// is not to take other blocks for damaged, or for such that lack a word.
constexpr int64_t file_format = 3;

// `entry` apart from `block`: what lists blocks must not read their bytes. `span`: from which
// offset to which a block has lines of a source. `tail`: batches that are in no block yet.
// `filter`, `word`: see block_finder.hpp.
constexpr const char* tables = R"(
create table if not exists fact (name text primary key, value integer not null) without rowid;
create table if not exists tail (n integer primary key, packed blob not null);
create table if not exists block (n integer primary key, first_ns integer not null, last_ns integer not null,
  lines integer not null, first_n integer not null);
create table if not exists entry (n integer primary key, packed blob not null);
create table if not exists span (source integer not null, last integer not null, block integer not null,
  first integer not null, primary key (source, last, block)) without rowid;
create table if not exists filter (n integer primary key, packed blob not null);
create virtual table if not exists word using fts5(words, content='', detail='none', columnsize=0,
  tokenize="ascii tokenchars '_'");
)";

expected<int64_t> fact(sqlite_file& file, std::string_view name, int64_t otherwise) {
  auto query = file.prepare("select value from fact where name = ?");
  if (!query)
    return fail(std::move(query.error()));
  auto has = query->bind_text(name).next();
  if (!has)
    return fail(std::move(has.error()));
  return *has ? query->integer(0) : otherwise;
}

expected<void> set_fact(sqlite_file& file, std::string_view name, int64_t value) {
  auto query = file.prepare("insert or replace into fact (name, value) values (?, ?)");
  if (!query)
    return fail(std::move(query.error()));
  return query->bind_text(name).bind(value).run();
}

} // namespace

expected<void> prepare_shelf_file(sqlite_file& file) {
  if (auto made = file.execute(tables); !made)
    return made;
  auto format = fact(file, "format", 0);
  if (!format)
    return fail(std::move(format.error()));
  if (*format >= 0 && *format < file_format) // Blocks that are added from now on are others.
    return set_fact(file, "format", file_format);
  if (*format != file_format)
    return fail(ec::corrupt, fmt::format("{}: another format of lines", file.name()));
  return {};
}

expected<uint64_t> next_number_in(sqlite_file& file) {
  return fact(file, "next", 1).map([](int64_t n) { return static_cast<uint64_t>(n); });
}

expected<void> add_to_tail(sqlite_file& file, uint64_t first_n, std::string_view packed) {
  auto query = file.prepare("insert into tail (n, packed) values (?, ?)");
  if (!query)
    return fail(std::move(query.error()));
  return query->bind(static_cast<int64_t>(first_n)).bind_blob(packed).run();
}

expected<void> clear_tail(sqlite_file& file, uint64_t next_n) {
  if (auto gone = file.execute("delete from tail"); !gone)
    return gone;
  return set_fact(file, "next", static_cast<int64_t>(next_n));
}

expected<void> add_block(sqlite_file& file,
                         const std::vector<kept_line>& lines,
                         const std::set<std::string>& words) {
  auto first = INT64_MAX, last = INT64_MIN;
  auto first_n = UINT64_MAX;
  std::map<uint64_t, std::pair<int64_t, int64_t>> spans;
  for (const auto& x : lines) {
    first_n = std::min(first_n, x.n);
    first = std::min(first, x.time_ns);
    last = std::max(last, x.time_ns);
    if (x.offset == without_offset)
      continue;
    auto& span = spans.try_emplace(x.source, x.offset, x.offset).first->second;
    span.first = std::min(span.first, x.offset);
    span.second = std::max(span.second, x.offset);
  }
  auto block = file.prepare("insert into block (n, first_ns, last_ns, lines, first_n) "
                            "values (null, ?, ?, ?, ?) returning n");
  if (!block)
    return fail(std::move(block.error()));
  auto has = block->bind(first)
               .bind(last)
               .bind(static_cast<int64_t>(lines.size()))
               .bind(static_cast<int64_t>(first_n))
               .next();
  if (!has)
    return fail(std::move(has.error()));
  auto n = block->integer(0);
  if (auto ended = block->next(); !ended)
    return fail(std::move(ended.error()));
  auto packed = pack_lines(lines, true);
  if (!packed)
    return fail(std::move(packed.error()));
  auto entry = file.prepare("insert into entry (n, packed) values (?, ?)");
  if (!entry)
    return fail(std::move(entry.error()));
  if (auto added = entry->bind(n).bind_blob(*packed).run(); !added)
    return added;
  if (auto added = add_words(file, n, words); !added)
    return added;
  auto span = file.prepare("insert into span (source, last, block, first) values (?, ?, ?, ?)");
  if (!span)
    return fail(std::move(span.error()));
  for (const auto& [source, range] : spans)
    if (auto added = span->bind(static_cast<int64_t>(source))
                       .bind(range.second)
                       .bind(n)
                       .bind(range.first)
                       .run();
        !added)
      return added;
  return {};
}

expected<std::vector<int64_t>>
blocks_with(sqlite_file& file, uint64_t source, int64_t offset, size_t most) {
  auto query =
    file.prepare("select block from span where source = ? and last >= ? and first <= ? limit ?");
  if (!query)
    return fail(std::move(query.error()));
  query->bind(static_cast<int64_t>(source))
    .bind(offset)
    .bind(offset)
    .bind(static_cast<int64_t>(most));
  std::vector<int64_t> out;
  for (;;) {
    auto has = query->next();
    if (!has)
      return fail(std::move(has.error()));
    if (!*has)
      return out;
    out.push_back(query->integer(0));
  }
}

expected<std::vector<kept_line>> lines_of_block(sqlite_file& file, int64_t n) {
  auto query = file.prepare("select packed from entry where n = ?");
  if (!query)
    return fail(std::move(query.error()));
  auto has = query->bind(n).next();
  if (!has)
    return fail(std::move(has.error()));
  auto lines = *has ? unpack_lines(query->bytes(0)) : fail(ec::corrupt, "it is not there");
  if (!lines)
    return fail(lines.error().code,
                fmt::format("{}, block {}: {}", file.name(), n, lines.error().detail));
  return lines;
}

expected<void> greatest_offsets(sqlite_file& file,
                                const std::function<void(uint64_t, int64_t)>& take) {
  auto query = file.prepare("select source, max(last) from span group by source");
  if (!query)
    return fail(std::move(query.error()));
  for (;;) {
    auto has = query->next();
    if (!has)
      return fail(std::move(has.error()));
    if (!*has)
      return {};
    take(static_cast<uint64_t>(query->integer(0)), query->integer(1));
  }
}

expected<void> read_tail(sqlite_file& file,
                         const std::function<expected<void>(std::string_view packed)>& take) {
  auto query = file.prepare("select packed from tail order by n");
  if (!query)
    return fail(std::move(query.error()));
  for (;;) {
    auto has = query->next();
    if (!has)
      return fail(std::move(has.error()));
    if (!*has)
      return {};
    if (auto taken = take(query->bytes(0)); !taken)
      return fail(taken.error().code,
                  fmt::format("{}, tail: {}", file.name(), taken.error().detail));
  }
}

expected<bool> span_of_blocks(sqlite_file& file, int64_t& first_ns, int64_t& last_ns) {
  auto query = file.prepare("select count(*), min(first_ns), max(last_ns) from block");
  if (!query)
    return fail(std::move(query.error()));
  auto has = query->next();
  if (!has)
    return fail(std::move(has.error()));
  first_ns = query->integer(1);
  last_ns = query->integer(2);
  return *has && query->integer(0) > 0;
}

} // namespace aops::logs
