#include "runtime/io/logs/line_shelf.hpp"
#include "runtime/io/logs/sqlite_file.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

using namespace aops;
using namespace aops::logs;

namespace {

constexpr int64_t hour_ns = 3'600'000'000'000, start_ns = 1'700'000'000'000'000'000;

/// All lines, in the order in which they are shown.
struct collector : line_visitor {
  bool is_done(int64_t bound_ns) override {
    bounds.push_back(bound_ns);
    return is_enough;
  }
  void take(const kept_line& x) override { bodies.push_back(x.body); }
  void miss(const error& why) override { missed.push_back(why.detail); }

  std::set<std::string> known() const { return {bodies.begin(), bodies.end()}; }

  bool is_enough = false;
  std::vector<int64_t> bounds;
  std::vector<std::string> bodies, missed;
};

block_condition word_wanted(std::string word) {
  return {block_condition::kind::word, std::move(word)};
}

block_condition prefix_wanted(std::string prefix) {
  return {block_condition::kind::prefix, std::move(prefix)};
}

struct shelf_fixture {
  shelf_fixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "aops-shelf-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()));
    config.directory = pattern + "/logs";
    root = pattern;
    config.keep_ns = 24 * hour_ns;
    config.max_bytes = int64_t{1} << 30;
    config.tail_lines = 8;
    config.block_lines = 3;
    config.words = [](std::string_view body, const std::function<void(std::string_view)>& take) {
      take(body); // One word each.
    };
    config.host_word = [](std::string_view host) { return "__h" + std::string{host}; };
    config.is_same = [](std::string_view a, std::string_view b) { return a == b; };
    open();
  }
  ~shelf_fixture() {
    shelf.reset();
    std::filesystem::remove_all(root);
  }

  void open(int64_t now = start_ns) {
    shelf.reset();
    auto opened = line_shelf::open(config, now);
    BOOST_REQUIRE_MESSAGE(opened, (opened ? std::string{} : to_string(opened.error())));
    shelf = std::move(*opened);
  }

  batch_kept put(const std::string& host, std::vector<new_line> lines, int64_t now = start_ns) {
    std::promise<expected<batch_kept>> told;
    bool is_taken = shelf->take(
      host, std::move(lines), now, [&](expected<batch_kept> x) { told.set_value(std::move(x)); });
    BOOST_REQUIRE(is_taken);
    auto kept = told.get_future().get();
    BOOST_REQUIRE_MESSAGE(kept, (kept ? std::string{} : to_string(kept.error())));
    while (shelf->standing().tail_lines >= static_cast<int64_t>(config.tail_lines))
      std::this_thread::yield(); // Until they are sealed, which nobody is told.
    return *kept;
  }

  collector all(shelf_scan what = {}) {
    collector out;
    auto done = shelf->scan(what, out);
    BOOST_REQUIRE(done);
    BOOST_TEST(*done);
    return out;
  }

  /// Numbered lines, with or without offsets.
  static std::vector<new_line> some(int from, int to, bool with_offsets = true) {
    std::vector<new_line> out;
    for (int i = from; i < to; ++i)
      out.push_back(
        {start_ns + i, 5, with_offsets ? i : without_offset, "line" + std::to_string(i)});
    return out;
  }

  std::string root;
  shelf_config config;
  std::unique_ptr<line_shelf> shelf;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(line_shelves, shelf_fixture)

BOOST_AUTO_TEST_CASE(lines_are_found_in_tail_and_blocks) {
  put("h1", some(0, 20)); // Sealed.
  put("h1", some(20, 25));
  auto found = all();
  BOOST_TEST(found.bodies.size() == 25u);
  BOOST_TEST(found.known().size() == 25u);
  BOOST_TEST(found.known().contains("line24"));
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_is_there_after_a_reopening) {
  put("h1", some(0, 20));
  put("h1", some(20, 25));
  open();
  BOOST_TEST(all().known().size() == 25u);
  BOOST_TEST(put("h1", some(22, 27)).taken == 2u); // Numbers and places go on.
  BOOST_TEST(all().bodies.size() == 27u);
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_folder_as_a_kill_leaves_it_has_all) {
  put("h1", some(0, 20));
  put("h1", some(20, 25));
  // The files as they stand while the shelf is still open: nothing was closed, or checkpointed.
  auto copy = config;
  copy.directory = root + "/copy";
  std::filesystem::copy(config.directory, copy.directory);
  for (const auto& x : std::filesystem::directory_iterator{copy.directory})
    if (x.path().extension() == ".db-shm")
      std::filesystem::remove(x.path());
  auto other = line_shelf::open(copy, start_ns);
  BOOST_REQUIRE(other);
  collector found;
  BOOST_REQUIRE((*other)->scan({}, found));
  BOOST_TEST(found.known().size() == 25u);
}

BOOST_AUTO_TEST_CASE(duplicates_are_left_out_wherever_they_are) {
  BOOST_TEST(put("h1", some(0, 5)).taken == 5u);
  auto again = put("h1", some(3, 7)); // In the tail.
  BOOST_TEST(again.taken == 2u);
  BOOST_TEST(again.duplicates == 2u);
  put("h1", some(7, 20)); // Into blocks.
  BOOST_TEST(put("h1", some(0, 21)).duplicates == 20u);
  auto twice = some(30, 31);
  twice.push_back(twice.front());
  BOOST_TEST(put("h1", twice).duplicates == 1u); // Within one batch.
  BOOST_TEST(all().bodies.size() == 22u);
}

BOOST_AUTO_TEST_CASE(an_offset_that_comes_again_with_another_text_is_another_line) {
  put("h1", some(0, 20));
  std::vector<new_line> rotated{{start_ns + 99, 5, 0, "new0"}, {start_ns + 100, 5, 1, "new1"}};
  BOOST_TEST(put("h1", rotated).taken == 2u);
  auto of_other_source = some(0, 3);
  for (auto& x : of_other_source)
    x.source = 6;
  BOOST_TEST(put("h1", of_other_source).taken == 3u);
}

BOOST_AUTO_TEST_CASE(lines_without_offset_are_all_kept) {
  put("h1", some(0, 5, false));
  BOOST_TEST(put("h1", some(0, 5, false)).taken == 5u);
}

BOOST_AUTO_TEST_CASE(words_and_hosts_find_blocks) {
  put("h1", some(0, 9));
  put("h2", some(100, 109));
  shelf_scan what;
  what.words = word_wanted("line4");
  auto found = all(what);
  BOOST_TEST(found.known().contains("line4"));
  BOOST_TEST(found.bodies.size() == 3u); // Its block, and no other.
  what.words = word_wanted("__hh2");
  BOOST_TEST(all(what).bodies.size() == 9u);
}

BOOST_AUTO_TEST_CASE(conditions_of_words_join) {
  put("h1", some(0, 9));
  auto found = [&](block_condition::kind how, std::vector<block_condition> parts) {
    shelf_scan what;
    what.words = {how, {}, std::move(parts)};
    return all(what).bodies.size();
  };
  using kind = block_condition::kind;
  BOOST_TEST(found(kind::all, {word_wanted("line0"), word_wanted("line2")}) == 3u);
  BOOST_TEST(found(kind::all, {word_wanted("line0"), word_wanted("line8")}) == 0u);
  BOOST_TEST(found(kind::any, {word_wanted("line0"), word_wanted("line8")}) == 6u);
  BOOST_TEST(found(kind::any, {word_wanted("line0"), {}}) == 9u);
  BOOST_TEST(found(kind::all, {word_wanted("line0"), {}}) == 3u);
  // More words than are looked for: any block may have them.
  std::vector<block_condition> many(1000, word_wanted("nowhere"));
  BOOST_TEST(found(kind::any, many) == 9u);
}

BOOST_AUTO_TEST_CASE(words_are_found_by_how_they_begin_with_digits_or_without) {
  std::vector<new_line> lines;
  for (std::string_view word :
       {"eth0", "eth1", "wlan0", "disk", "disks", "dm0", "7up", "nothing", "else"})
    lines.push_back(
      {start_ns + static_cast<int64_t>(lines.size()), 5, without_offset, std::string{word}});
  put("h1", lines);
  auto found = [&](const std::string& prefix) {
    shelf_scan what;
    what.words = prefix_wanted(prefix);
    return all(what).known();
  };
  BOOST_TEST(found("eth").contains("eth1"));
  BOOST_TEST(found("eth").size() == 3u); // One block.
  BOOST_TEST(found("eth1").contains("eth1"));
  BOOST_TEST(found("wla").contains("wlan0"));
  BOOST_TEST(found("wlan0").contains("wlan0"));
  BOOST_TEST(found("ethernet").empty());
  BOOST_TEST(found("disk").contains("disks"));
  BOOST_TEST(found("noth").size() == 3u);
  // Nothing is known of numbers but that there are some.
  BOOST_TEST(found("7").contains("7up"));
  BOOST_TEST(found("dm").contains("dm0"));
}

BOOST_AUTO_TEST_CASE(only_lines_of_the_range_are_shown) {
  put("h1", some(0, 20));
  put("h1", some(20, 25));
  shelf_scan what;
  what.start_ns = start_ns + 4;
  what.end_ns = start_ns + 22;
  auto found = all(what);
  BOOST_TEST(found.bodies.size() == 18u);
  BOOST_TEST(!found.known().contains("line22"));
}

BOOST_AUTO_TEST_CASE(blocks_come_newest_first_until_that_is_enough) {
  put("h1", some(0, 9));
  collector found;
  BOOST_REQUIRE(shelf->scan({}, found));
  BOOST_TEST(found.bodies.front() == "line6");
  BOOST_TEST(std::is_sorted(found.bounds.rbegin(), found.bounds.rend()));
  shelf_scan oldest;
  oldest.newest_first = false;
  BOOST_TEST(all(oldest).bodies.front() == "line0");
  collector enough;
  enough.is_enough = true;
  BOOST_REQUIRE(shelf->scan({}, enough));
  BOOST_TEST(enough.bodies.empty());
}

BOOST_AUTO_TEST_CASE(a_deadline_cuts_a_scan) {
  put("h1", some(0, 20));
  shelf_scan what;
  what.deadline = std::chrono::steady_clock::now() - std::chrono::seconds{1};
  collector found;
  auto done = shelf->scan(what, found);
  BOOST_REQUIRE(done);
  BOOST_TEST(!*done);
}

BOOST_AUTO_TEST_CASE(what_is_too_old_goes_by_whole_files) {
  put("h1", some(0, 5));
  auto day = 24 * hour_ns;
  BOOST_TEST(*shelf->tidy(start_ns + 6 * hour_ns) == 0u); // Another file begins.
  put("h1", some(5, 8), start_ns + 6 * hour_ns);
  BOOST_TEST(shelf->standing().files == 2);
  BOOST_TEST(all().bodies.size() == 8u);
  BOOST_TEST(*shelf->tidy(start_ns + day + 6 * hour_ns + 1) >= 1u);
  BOOST_TEST(!all().known().contains("line0"));
  BOOST_TEST(all().known().contains("line7"));
  open(start_ns + day + 6 * hour_ns + 2);
  BOOST_TEST(all().bodies.size() == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_too_much_goes_oldest_first) {
  put("h1", some(0, 5));
  (void)shelf->tidy(start_ns + 6 * hour_ns);
  put("h1", some(5, 8), start_ns + 6 * hour_ns);
  config.max_bytes = 1;
  open(start_ns + 6 * hour_ns);
  BOOST_TEST(*shelf->tidy(start_ns + 6 * hour_ns + 1) == 1u);
  BOOST_TEST(all().bodies.size() == 3u);
}

BOOST_AUTO_TEST_CASE(nobody_else_may_have_the_folder) {
  auto other = line_shelf::open(config, start_ns);
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error() == ec::conflict));
}

BOOST_AUTO_TEST_CASE(damaged_blocks_are_told) {
  auto packed =
    pack_lines({{1, 2, 3, 4, "h", "body"}, {2, 1, 9, without_offset, "g", ""}}, true).value();
  auto lines = unpack_lines(packed);
  BOOST_REQUIRE(lines);
  BOOST_TEST((lines->at(1) == kept_line{2, 1, 9, without_offset, "g", ""}));
  for (size_t i = 0; i < packed.size(); ++i) {
    BOOST_TEST(!unpack_lines(packed.substr(0, i)));
    auto other = packed;
    other[i] = static_cast<char>(other[i] ^ 0x55);
    (void)unpack_lines(other); // An error, or lines; never worse.
  }
}

BOOST_AUTO_TEST_CASE(what_is_packed_by_columns_comes_back_as_it_was) {
  std::vector<kept_line> lines;
  uint64_t n = 1, chance = 1;
  auto add = [&](std::string body, int64_t offset = without_offset, std::string host = "h") {
    chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
    lines.push_back({n++, start_ns + static_cast<int64_t>(chance >> 34), 7, offset, host, body});
  };
  for (int i = 0; i < 300; ++i) {
    add("port " + std::to_string(chance % 65536) + " of 10.0." + std::to_string(i % 7) + ".1",
        i * 9);
    add("id=" + std::string("0123456789abcdef").substr(i % 8, 8) + " up " + std::to_string(i * 3));
    add(i % 2 == 0 ? "0" : "007", i);
    add("word" + std::to_string(i) + "x", i, "g" + std::to_string(i % 3));
  }
  for (auto* odd : {"",
                    "a",
                    "aa a",
                    "\n",
                    "1\n2",
                    "18446744073709551615",
                    "00",
                    "\xFF\xFEz\x01",
                    "0000000a",
                    "0000000A",
                    "\u78c1\u76d8 5",
                    "999999999999999999",
                    "9999999999999999999"})
    add(odd, INT64_MAX);
  add(std::string("nul\0within", 10), 0);
  add(std::string(100'000, 'x') + " 1", 3);
  lines.front().time_ns = INT64_MAX;
  lines.back().time_ns = 0;
  for (bool is_packed : {true, false}) {
    auto packed = pack_lines(lines, is_packed).value();
    auto again = unpack_lines(packed);
    BOOST_REQUIRE(again);
    BOOST_TEST((*again == lines));
  }
  auto none = unpack_lines(pack_lines({}, true).value());
  BOOST_REQUIRE(none);
  BOOST_TEST(none->empty());
}

BOOST_AUTO_TEST_CASE(lines_that_are_alike_become_small) {
  std::vector<kept_line> lines;
  uint64_t chance = 1;
  int64_t offset = 0;
  for (uint64_t i = 0; i < 512; ++i) {
    chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
    auto body = "Connection closed by 10.0.0.1 port " + std::to_string(chance >> 48);
    auto time = start_ns + static_cast<int64_t>(i) * 1'000'000;
    lines.push_back({i + 1, time, 7, offset, "h", body});
    offset += static_cast<int64_t>(body.size()) + 1;
  }
  auto small = pack_lines(lines, true).value().size();
  BOOST_TEST(small < 512u * 2 + 300); // A port is of two bytes; of the rest there is little.
}

BOOST_AUTO_TEST_CASE(a_file_of_the_older_form_is_searched_as_before) {
  put("h1", some(0, 8)); // Sealed, in three blocks.
  shelf.reset();
  for (const auto& x : std::filesystem::directory_iterator{config.directory})
    if (x.path().extension() == ".db") {
      auto file = sqlite_file::open(x.path().string());
      BOOST_REQUIRE(file);
      for (int n = 1; n <= 3; ++n) {
        auto read = (*file)->prepare("select packed from entry where n = ?");
        BOOST_REQUIRE(read->bind(n).next().value());
        auto lines = unpack_lines(read->bytes(0)).value();
        auto older = pack_lines(lines, false).value(); // As all blocks were.
        auto written = (*file)->prepare("update entry set packed = ? where n = ?");
        BOOST_REQUIRE(written->bind_blob(older).bind(n).run());
        std::string words;
        for (const auto& x : lines)
          words += x.body + " ";
        auto indexed = (*file)->prepare("insert into word (rowid, words) values (?, ?)");
        BOOST_REQUIRE(indexed->bind(n).bind_text(words).run());
      }
      BOOST_REQUIRE((*file)->execute("drop table filter"));
      BOOST_REQUIRE((*file)->execute("update fact set value = 1 where name = 'format'"));
    }
  open();
  shelf_scan what;
  what.words = word_wanted("line4");
  BOOST_TEST(all(what).known().contains("line4"));
  BOOST_TEST(put("h1", some(2, 10)).duplicates == 6u); // Known again, and new ones beside them.
  put("h1", some(10, 20));
  BOOST_TEST(all().known().size() == 20u);
  open();
  BOOST_TEST(all().known().size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_damaged_block_is_named_with_its_file_and_the_others_are_shown) {
  put("h1", some(0, 8)); // Sealed, in three blocks.
  shelf.reset();
  std::string name;
  for (const auto& x : std::filesystem::directory_iterator{config.directory})
    if (x.path().extension() == ".db") {
      name = x.path().filename().string();
      auto file = sqlite_file::open(x.path().string());
      BOOST_REQUIRE(file);
      BOOST_REQUIRE((*file)->execute("update entry set packed = x'00' where n = 2"));
    }
  BOOST_REQUIRE(!name.empty());
  open();
  auto out = all();
  BOOST_REQUIRE(out.missed.size() == 1u);
  BOOST_TEST(out.missed[0] == name + ", block 2: a block of lines is damaged");
  BOOST_TEST((!out.bodies.empty() && out.bodies.size() < 8u));
}

BOOST_AUTO_TEST_CASE(too_much_that_waits_is_refused) {
  config.most_waiting_bytes = 10;
  open();
  int taken = 0, refused = 0, told = 0;
  std::mutex mutex;
  for (int i = 0; i < 2000 && refused == 0; ++i)
    shelf->take("h1",
                some(0, 20, false),
                start_ns,
                [&](const expected<batch_kept>&) {
                  std::lock_guard guard{mutex};
                  ++told;
                })
      ? ++taken
      : ++refused;
  BOOST_TEST(refused > 0);
  shelf.reset(); // All that were taken are answered.
  BOOST_TEST(told == taken);
}

BOOST_AUTO_TEST_SUITE_END()
