#include "http/ui/pages.hpp"

#include <charconv>

namespace aops::http {

namespace {

constexpr std::string_view start_page = "index.html";
constexpr std::string_view asset_folder = "assets/";
constexpr std::string_view html = "text/html; charset=utf-8";

constexpr std::string_view without_pages = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>aops</title></head><body>
<h1>aops runs, without web pages</h1>
<p>This program was built where npm was not at hand. Install Debian's packages <code>nodejs</code> and <code>npm</code>
and build again; <code>tools/run</code> does both.</p>
<p>The REST interface is described at <a href="docs">docs</a>; the command line program is <code>aops</code>.</p>
</body></html>
)";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

http_response typed(std::string body) {
  http_response r;
  r.content_type = html;
  r.body = std::move(body);
  return r;
}

struct unpacked {
  std::shared_ptr<static_files> assets = std::make_shared<static_files>();
  std::string start; ///< Of the page, with places for `{{base}}` and `{{nonce}}`.
};

unpacked unpack(std::string_view packed) {
  constexpr size_t digits = 8;
  size_t length = 0;
  std::from_chars(packed.data(), packed.data() + digits, length);
  auto index = json::parse(packed.substr(digits, length));
  auto contents = packed.substr(digits + length);
  auto piece = [&](const json& place) {
    return std::string{contents.substr(place.at(0), place.at(1))};
  };
  unpacked result;
  for (const auto& file : index) {
    std::string_view name = file.at("name").get_ref<const std::string&>();
    packed_file content{file.at("etag"), piece(file.at("gzip")), piece(file.at("brotli"))};
    if (name == start_page)
      result.start = plain_text(content);
    else if (name.starts_with(asset_folder)) // Their names change with their content.
      result.assets->add_packed(std::string{name.substr(asset_folder.size())}, std::move(content));
  }
  return result;
}

} // namespace

void add_web_pages(service& s, std::string_view packed) {
  if (packed.empty()) {
    s.pages.push_back({"/", "How to get the web pages.", [](const page_context&) {
                         return typed(std::string{without_pages});
                       }});
    return;
  }
  auto pages = unpack(packed);
  auto show = [start = std::move(pages.start)](const page_context& c) {
    auto text = start;
    replace_all(text, "{{base}}", c.base_path);
    replace_all(text, "{{nonce}}", c.nonce);
    return typed(std::move(text));
  };
  s.pages.push_back({"/", "The web pages.", show});
  s.pages.push_back({"/ui/*", "A place in the web pages.", show});
  s.files.push_back({"/ui/assets/*", "What the web pages are made of.", std::move(pages.assets)});
}

} // namespace aops::http
