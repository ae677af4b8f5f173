#include "http/ui/pages.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <zlib.h>

namespace pages_test {

using namespace aops;
using http::json;

namespace {

std::string zipped(const std::string& text) {
  z_stream z{};
  BOOST_REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // It only reads.
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  BOOST_REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

/// As `pack.mjs` writes it; a file's "brotli" is its name.
std::string packed(const std::vector<std::pair<std::string, std::string>>& files) {
  auto index = json::array();
  std::string contents;
  auto place = [&](const std::string& piece) {
    contents += piece;
    return json::array({contents.size() - piece.size(), piece.size()});
  };
  for (const auto& [name, body] : files)
    index.push_back(
      {{"name", name}, {"etag", "e"}, {"gzip", place(zipped(body))}, {"brotli", place(name)}});
  return fmt::format("{:08}", index.dump().size()) + index.dump() + contents;
}

struct site {
  explicit site(const std::string& pack) {
    http::service s;
    http::add_web_pages(s, pack);
    it = std::make_unique<http::dispatcher>(std::move(s));
  }

  http::http_response get(const std::string& path, http::text_pairs headers = {}) const {
    http::http_request q;
    q.method = "GET";
    q.path = path;
    q.headers = std::move(headers);
    return it->answer(std::move(q));
  }

  std::unique_ptr<http::dispatcher> it;
};

std::string header(const http::http_response& r, std::string_view name) {
  for (const auto& [key, value] : r.headers)
    if (key == name)
      return value;
  return {};
}

const std::string script(100'000, 'x');

} // namespace

BOOST_AUTO_TEST_SUITE(web_pages)

BOOST_AUTO_TEST_CASE(every_place_shows_the_page_with_its_nonce_and_base) {
  site it{packed({{"index.html", "<{{base}}|{{base}}|{{nonce}}>"}, {"assets/a.js", script}})};
  for (auto path : {"/", "/ui/", "/ui/hosts/0123"}) {
    auto r = it.get(path, {{"X-Forwarded-Prefix", "/aops"}});
    BOOST_TEST(r.status == 200);
    auto nonce = r.body.substr(r.body.rfind('|') + 1, 32);
    BOOST_TEST(r.body == "</aops|/aops|" + nonce + ">");
    BOOST_TEST(header(r, "Content-Security-Policy").find("'nonce-" + nonce + "'") !=
               std::string::npos);
  }
  BOOST_TEST(it.get("/nothing").status == 404);
}

BOOST_AUTO_TEST_CASE(files_go_out_as_they_were_compressed_or_as_they_were) {
  site it{packed({{"index.html", ""}, {"assets/a.js", script}})};
  auto small = it.get("/ui/assets/a.js", {{"Accept-Encoding", "gzip, br"}});
  BOOST_TEST(header(small, "Content-Encoding") == "br");
  BOOST_TEST(*small.shared_body == "assets/a.js");
  auto zip = it.get("/ui/assets/a.js", {{"Accept-Encoding", "gzip"}});
  BOOST_TEST(header(zip, "Content-Encoding") == "gzip");
  BOOST_TEST(*zip.shared_body == zipped(script));
  auto plain = it.get("/ui/assets/a.js");
  BOOST_TEST(header(plain, "Content-Encoding") == "");
  BOOST_TEST((plain.body == script));
  BOOST_TEST(header(plain, "Cache-Control").find("immutable") != std::string::npos);
  BOOST_TEST(it.get("/ui/assets/a.js", {{"If-None-Match", "\"e\""}}).status == 304);
  BOOST_TEST(it.get("/ui/assets/index.html").status == 404);
}

BOOST_AUTO_TEST_CASE(without_pages_it_says_how_to_get_them) {
  site it{""};
  auto r = it.get("/");
  BOOST_TEST(r.status == 200);
  BOOST_TEST(r.body.find("npm") != std::string::npos);
  BOOST_TEST(it.get("/ui/hosts").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace pages_test
