#include "runtime/base/digest.hpp"
#include "runtime/io/archive/unpacked.hpp"
#include "tests/io/archive/packer.hpp"
#include "tests/support/outcome.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <ostream>

namespace archive_test {

namespace fs = std::filesystem;
using namespace aops;
using namespace aops::tests;
namespace archive = aops::archive; // Not the struct of that name in libarchive.

namespace {

/// Small parts: whatever is cut anywhere must read the same.
archive::byte_source parts_of(const std::string& bytes, size_t size = 7) {
  return [&bytes, size, at = size_t{0}]() mutable -> expected<std::string_view> {
    auto part = std::string_view{bytes}.substr(at, size);
    at += part.size();
    return part;
  };
}

struct listing final : archive::visitor {
  std::string text;
  expected<void> begin(const archive::entry& x) override {
    text += (text.empty() ? "" : " ") + x.name;
    text += x.kind == archive::entry_kind::folder ? "/"
            : x.kind == archive::entry_kind::link ? ">" + x.target
                                                  : "";
    return {};
  }
  expected<void> bytes(std::string_view part) override {
    text += ":" + std::to_string(part.size());
    return {};
  }
  expected<void> end() override { return {}; }
};

std::string listed(const std::string& bytes, const archive::limits& most = {}) {
  listing to;
  auto read = archive::read_archive(parts_of(bytes), most, to);
  return read ? read->format + " " + to.text : read.error().detail;
}

archive::limits small() {
  archive::limits most;
  most.unpacked_bytes = 1 << 20;
  most.entries = 5;
  most.depth = 4;
  most.free_bytes = 1 << 16;
  return most;
}

struct bad {
  const char* what;
  std::string bytes;
  const char* why;
  friend std::ostream& operator<<(std::ostream& out, const bad& x) { return out << x.what; }
};

std::string packed(const char* name, unsigned type = AE_IFREG, const std::string& link = {}) {
  return packer{}.add("good", "1").add(name, "", type, link).pack();
}

/// What cannot be packed.
std::string noise(size_t size) {
  std::string out;
  for (uint32_t x = 1; out.size() < size; x = x * 1664525 + 1013904223)
    out += static_cast<char>(x >> 24);
  return out;
}

std::vector<bad> bad_archives() {
  using kind = packer::kind;
  auto whole = packer{}.add("a", noise(200'000)).pack();
  return {
    {"nothing", "", "the archive is"},
    {"text", "hello, I am no archive at all", "the archive is neither tar.gz nor zip"},
    {"tar that is not packed", packer{kind::tar}.add("a", "1").pack(), "the archive is neither"},
    {"packed twice",
     [] {
       packer outer;
       return outer.add("inner.tar.gz", packer{}.add("a", "1").pack()).pack();
     }(),
     nullptr}, // An archive within one is a file.
    {"cut off", whole.substr(0, whole.size() / 2), "entry `a` is broken"},
    {"..", packed("../up"), "entry `../up` leaves the archive by `..`"},
    {".. in its midst", packed("a/../../up"), "entry `a/../../up` leaves"},
    {"absolute", packed("/etc/cron.d/x"), "entry `/etc/cron.d/x` is an absolute path"},
    {"absolute in a zip",
     packer{kind::zip}.add("/etc/x", "1").pack(),
     "entry `/etc/x` is an absolute path"},
    {".. in a zip", packer{kind::zip}.add("../x", "1").pack(), "entry `../x` leaves"},
    {"device", packed("null", AE_IFCHR), "entry `null` is a device"},
    {"fifo", packed("pipe", AE_IFIFO), "entry `pipe` is a device"},
    {"hard link", packed("other", AE_IFREG, "good"), "entry `other` is a hard link"},
    {"link to an absolute path",
     packed("l", AE_IFLNK, "/etc/passwd"),
     "entry `l` is a link to an absolute"},
    {"link that leads out", packed("l", AE_IFLNK, "../x"), "entry `l` is a link that leads out"},
    {"link that leads out from below",
     packed("a/b/l", AE_IFLNK, "../../../x"),
     "entry `a/b/l` is a link that leads out"},
    {"link that goes on after another",
     packed("a/l", AE_IFLNK, "b/../../x"),
     "entry `a/l` is a link with `..`"},
    {"file under a link",
     packer{}.add("l", "", AE_IFLNK, "good").add("l/x", "1").pack(),
     "entry `l/x` stands in what is no folder"},
    {"file under a file",
     packer{}.add("f", "1").add("f/x", "1").pack(),
     "entry `f/x` stands in what is no folder"},
    {"twice", packer{}.add("f", "1").add("./f", "1").pack(), "entry `./f` stands twice"},
    {"file over a folder", packer{}.add("f/x", "1").add("f", "1").pack(), "entry `f` stands twice"},
    {"control characters", packed("a\nb"), "entry `a?b` has control characters"},
    {"too deep", packed("1/2/3/4/5"), "entry `1/2/3/4/5` lies deeper than 4"},
    {"too many",
     packer{}.add("1", "").add("2", "").add("3", "").add("4", "").add("5", "").add("6", "").pack(),
     "entry `6` is one too many"},
    {"too many with the folders that nobody names",
     packer{}.add("1/2/3/x", "").add("4/5/6/x", "").pack(),
     "entry `4/5/6/x` is one too many"},
    {"folder with bytes",
     packer{kind::zip}.add("d/", noise(100'000)).pack(),
     "entry `d` has bytes, and is no file"},
    {"too big",
     packer{}.add("a", noise(1 << 20)).add("b", "1").pack(),
     "entry `b` makes it unpack to more"},
    {"bomb", packer{}.add("a", std::string(900'000, '\0')).pack(), "entry `a` is a bomb"},
    {"bomb in a zip",
     packer{kind::zip}.add("a", std::string(900'000, '\0')).pack(),
     "entry `a` is a bomb"},
  };
}

struct folder {
  folder() {
    auto pattern = (fs::temp_directory_path() / "aops-archive-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("no temporary directory");
    path = pattern;
  }
  ~folder() { fs::remove_all(path); }
  std::string path;
};

std::string content_of(const fs::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::function<expected<archive::byte_source>()> opens(const std::string& bytes,
                                                      int* times = nullptr) {
  return [&bytes, times]() -> expected<archive::byte_source> {
    if (times)
      ++*times;
    return parts_of(bytes, 1000);
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(archives)

BOOST_AUTO_TEST_CASE(tell_what_is_in_them) {
  for (auto kind : {packer::kind::tar_gz, packer::kind::zip}) {
    auto text = listed(packer{kind}
                         .add("./top/", "", AE_IFDIR)
                         .add("./top/a", "hello")
                         .add("top//b/c", "x")
                         .add("top/empty", "")
                         .pack());
    BOOST_TEST(text == std::string{kind == packer::kind::zip ? "zip" : "tar.gz"} +
                         " top/ top/a:5 top/b/c:1 top/empty");
  }
  BOOST_TEST(listed(packer{}.add("a/b/l", "", AE_IFLNK, "../../c/d").add("ü", "1").pack()) ==
             "tar.gz a/b/l>../../c/d ü:1");
}

BOOST_AUTO_TEST_CASE(have_a_digest_of_all_their_bytes) {
  auto bytes = packer{}.add("a", "hello").pack() + std::string(100'000, 'z');
  listing to;
  auto read = ok(archive::read_archive(parts_of(bytes, 4096), {}, to));
  BOOST_TEST(read.digest == base::sha256_hex(bytes));
  BOOST_TEST(read.bytes == static_cast<int64_t>(bytes.size()));
  BOOST_TEST(read.files == 1);
  BOOST_TEST(read.unpacked_bytes == 5);
}

BOOST_DATA_TEST_CASE(that_are_wrong_are_refused_with_the_entry,
                     boost::unit_test::data::make(bad_archives()),
                     x) {
  auto most = small();
  auto text = listed(x.bytes, most);
  if (x.why)
    BOOST_TEST(text.starts_with(x.why), text);
  else
    BOOST_TEST(text.starts_with("tar.gz "), text);
}

BOOST_AUTO_TEST_CASE(whose_source_fails_fail_as_it_does) {
  archive::byte_source broken = []() -> expected<std::string_view> {
    return fail(ec::store_unreachable, "gone");
  };
  listing to;
  BOOST_TEST((failure_of(archive::read_archive(broken, {}, to)) == ec::store_unreachable));
}

BOOST_AUTO_TEST_CASE(are_unpacked_once_and_only_as_what_they_are) {
  folder cache;
  auto bytes = packer{}
                 .add("roles/r/tasks/main.yml", "[]")
                 .add("files/run", "#!", AE_IFREG, {}, 0755)
                 .add("files/link", "", AE_IFLNK, "run")
                 .pack();
  auto digest = base::sha256_hex(bytes);
  int times = 0;
  auto path = ok(archive::unpacked(cache.path, digest, {}, opens(bytes, &times))).path;
  BOOST_TEST(path == cache.path + "/" + digest);
  BOOST_TEST(content_of(fs::path{path} / "roles/r/tasks/main.yml") == "[]");
  BOOST_TEST(content_of(fs::path{path} / "files/link") == "#!");
  BOOST_TEST(((fs::status(path).permissions() & fs::perms::all) == fs::perms::owner_all));
  BOOST_TEST((::access((path + "/files/run").c_str(), X_OK) == 0));
  BOOST_TEST(ok(archive::unpacked(cache.path, digest, {}, opens(bytes, &times))).path == path);
  BOOST_TEST(times == 1);
  auto other = packer{}.add("files/x", "another").pack();
  BOOST_TEST((failure_of(archive::unpacked(cache.path, std::string(64, 'a'), {}, opens(other))) ==
              ec::corrupt));
  BOOST_TEST(std::distance(fs::directory_iterator{cache.path}, {}) == 1); // Nothing of it stays.
}

BOOST_AUTO_TEST_CASE(of_one_folder_are_that_folder) {
  folder cache;
  auto bytes = packer{}.add("zookeeper/aops.yml", "name: z").add("zookeeper/site.yml", "[]").pack();
  auto path = ok(archive::unpacked(cache.path, base::sha256_hex(bytes), {}, opens(bytes))).path;
  BOOST_TEST(path.ends_with("/zookeeper"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(unpacked_archives)

namespace {

constexpr int64_t day_ms = 24LL * 3600 * 1000;

/// Archives that are unpacked, each with a file of so many bytes.
struct cache : folder {
  archive::unpacked_folder add(const std::string& name, size_t size = 1) {
    auto& bytes = packed[name]; // Once: the time is in it.
    if (bytes.empty())
      bytes = packer{}.add("files/" + name, noise(size)).pack();
    return ok(archive::unpacked(path, base::sha256_hex(bytes), {}, opens(bytes)));
  }
  std::map<std::string, std::string> packed;

  /// Nobody has asked for it, or written into it, for so long.
  static void leave(const std::string& folder, std::chrono::seconds age) {
    fs::last_write_time(folder, fs::file_time_type::clock::now() - age);
  }

  void tidy(int64_t most_bytes = INT64_MAX) {
    archive::tidy(path,
                  std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count(),
                  30 * day_ms,
                  most_bytes);
  }

  auto names() const { return std::distance(fs::directory_iterator{path}, {}); }
};

constexpr std::chrono::hours long_ago{24 * 40}, lately{24 * 20};

} // namespace

BOOST_FIXTURE_TEST_CASE(that_nobody_asked_for_are_removed, cache) {
  auto old = add("a").path, recent = add("b").path;
  leave(old, long_ago);
  leave(recent, lately);
  tidy();
  BOOST_TEST(!fs::exists(old));
  BOOST_TEST(fs::exists(recent));
  BOOST_TEST(names() == 1);
}

BOOST_FIXTURE_TEST_CASE(stay_when_they_are_asked_for_again_or_are_in_use, cache) {
  auto old = add("a").path;
  leave(old, long_ago);
  add("a");
  tidy();
  BOOST_TEST(fs::exists(old));
  auto used = add("b");
  leave(used.path, long_ago);
  tidy();
  BOOST_TEST(fs::exists(used.path + "/files/b"));
  used.hold.reset();
  tidy();
  BOOST_TEST(!fs::exists(used.path));
}

BOOST_FIXTURE_TEST_CASE(make_room_beginning_with_what_was_not_asked_for_longest, cache) {
  std::vector<std::string> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(add(std::to_string(i), 100'000).path);
    leave(all.back(), std::chrono::hours{10 - i});
  }
  auto used = add("0", 100'000); // The oldest is in use now.
  leave(used.path, std::chrono::hours{10});
  tidy(250'000);
  BOOST_TEST(fs::exists(all[0]));
  BOOST_TEST(!fs::exists(all[1]));
  BOOST_TEST(!fs::exists(all[2]));
  BOOST_TEST(fs::exists(all[3]));
}

BOOST_FIXTURE_TEST_CASE(that_are_being_unpacked_stay_and_what_was_left_half_goes, cache) {
  auto dead = path + "/.unpacking-1234", fresh = path + "/.unpacking-5678",
       going = path + "/.removing-9abc";
  for (const auto& x : {dead, fresh, going})
    fs::create_directories(x + "/x");
  for (const auto& x : {dead, going})
    leave(x, std::chrono::minutes{5});
  auto bytes = packer{}.add("files/x", "1").pack();
  auto slow = [&]() -> expected<archive::byte_source> {
    for (const auto& x : fs::directory_iterator{path}) // Its own folder is there, and long so.
      if (x.path() != fresh)
        leave(x.path(), long_ago);
    tidy();
    return parts_of(bytes, 1000);
  };
  auto x = archive::unpacked(path, base::sha256_hex(bytes), {}, slow);
  BOOST_TEST(content_of(ok(std::move(x)).path + "/files/x") == "1");
  BOOST_TEST(!fs::exists(dead));
  BOOST_TEST(!fs::exists(going));
  BOOST_TEST(fs::exists(fresh));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace archive_test
