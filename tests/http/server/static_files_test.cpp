#include "http/server/static_files.hpp"

#include <boost/test/unit_test.hpp>

#include <zlib.h>

namespace static_files_test {

using namespace aops;

namespace {

std::string unzipped(const std::string& packed) {
  z_stream z{};
  BOOST_REQUIRE(inflateInit2(&z, 15 + 16) == Z_OK);
  std::string out(1 << 20, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  BOOST_TEST(inflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

struct files_fixture {
  http::static_files it;
  const std::string css = std::string(5000, 'a');
  std::string style = it.add_versioned("style.css", css);
  files_fixture() { it.add("app.js", "1"); }

  http::http_response get(const std::string& name, http::text_pairs headers = {}) {
    http::http_request q;
    q.method = "GET";
    q.headers = std::move(headers);
    const auto* file = it.find(name);
    BOOST_REQUIRE(file);
    return http::answer_with(*file, q);
  }
};

std::string header(const http::http_response& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (key == name)
      return value;
  return {};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(files, files_fixture)

BOOST_AUTO_TEST_CASE(a_versioned_name_changes_with_the_content_and_is_kept_for_good) {
  BOOST_TEST(style.starts_with("style."));
  BOOST_TEST(style.ends_with(".css"));
  BOOST_TEST(style != it.add_versioned("style.css", css + " "));
  auto r = get(style);
  BOOST_TEST(r.content_type == "text/css; charset=utf-8");
  BOOST_TEST(header(r, "Cache-Control") == "public, max-age=31536000, immutable");
  BOOST_TEST(*r.shared_body == css);
}

BOOST_AUTO_TEST_CASE(other_files_are_asked_for_again_and_cost_nothing_unchanged) {
  auto r = get("app.js");
  BOOST_TEST(header(r, "Cache-Control") == "no-cache");
  auto etag = header(r, "ETag");
  for (const auto& known : {etag, "\"x\", W/" + etag, std::string{"*"}}) {
    auto again = get("app.js", {{"If-None-Match", known}});
    BOOST_TEST(again.status == 304);
    BOOST_TEST(!again.shared_body);
    BOOST_TEST(header(again, "ETag") == etag);
  }
  BOOST_TEST(get("app.js", {{"If-None-Match", "\"x\""}}).status == 200);
}

BOOST_AUTO_TEST_CASE(who_can_read_it_gets_it_compressed) {
  auto r = get(style, {{"Accept-Encoding", "br, gzip;q=0.8"}});
  BOOST_TEST(header(r, "Content-Encoding") == "gzip");
  BOOST_TEST(header(r, "Vary") == "Accept-Encoding");
  BOOST_TEST(r.shared_body->size() < 200u);
  BOOST_TEST(unzipped(*r.shared_body) == css);
  for (auto accepted : {"", "br", "gzip;q=0", "gzip;q=0.000", "xgzip"})
    BOOST_TEST(header(get(style, {{"Accept-Encoding", accepted}}), "Content-Encoding") == "");
  // What does not shrink is not packed.
  BOOST_TEST(header(get("app.js", {{"Accept-Encoding", "gzip"}}), "Content-Encoding") == "");
}

BOOST_AUTO_TEST_CASE(only_what_was_added_exists) {
  for (auto name : {"", "style.css", "../app.js", "./app.js", "app.js/", "APP.JS"})
    BOOST_TEST(!it.find(name));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace static_files_test
