#include "http/server/static_files.hpp"

#include "runtime/base/digest.hpp"

#include <algorithm>
#include <array>
#include <zlib.h>

namespace aops::http {

namespace {

constexpr size_t digest_digits = 16;

/// Null when zlib fails.
std::shared_ptr<const std::string> gzipped(const std::string& text) {
  constexpr int with_gzip_header = 15 + 16;
  constexpr int memory_level = 8;
  z_stream z{};
  if (deflateInit2(
        &z, Z_BEST_COMPRESSION, Z_DEFLATED, with_gzip_header, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return nullptr;
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // It only reads.
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  bool is_done = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(z.total_out);
  deflateEnd(&z);
  return is_done ? std::make_shared<const std::string>(std::move(out)) : nullptr;
}

/// Of what `gzipped` makes; what there is of it when it is broken.
std::string unzipped(const std::string& packed) {
  constexpr int any_header = 15 + 32;
  z_stream z{};
  if (inflateInit2(&z, any_header) != Z_OK)
    return {};
  std::string out;
  std::array<char, 1 << 15> piece;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // It only reads.
  z.avail_in = static_cast<uInt>(packed.size());
  for (int status = Z_OK; status == Z_OK;) {
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&z, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - z.avail_out);
  }
  inflateEnd(&z);
  return out;
}

static_file file_of(std::string_view name, std::string body) {
  static_file file;
  file.content_type = content_type_of(name);
  file.etag = '"' + base::sha256_hex(body).substr(0, digest_digits) + '"';
  file.body = std::make_shared<const std::string>(std::move(body));
  auto small = gzipped(*file.body);
  if (small && small->size() < file.body->size() / 10 * 9)
    file.gzip = std::move(small);
  return file;
}

/// Calls `visit(item)` for the items of a header's list, until it returns true.
template <class Visit>
bool any_item(std::string_view list, Visit visit) {
  while (!list.empty()) {
    auto end = std::min(list.find(','), list.size());
    auto item = list.substr(0, end);
    while (item.starts_with(' '))
      item.remove_prefix(1);
    while (item.ends_with(' '))
      item.remove_suffix(1);
    if (visit(item))
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// `gzip` or `gzip;q=0.5`, but not `gzip;q=0`.
bool takes(std::string_view accepted, std::string_view coding) {
  return any_item(accepted, [&](std::string_view item) {
    auto semicolon = item.find(';');
    if (item.substr(0, semicolon) != coding)
      return false;
    auto rest = semicolon == item.npos ? std::string_view{} : item.substr(semicolon);
    return rest.find("q=") == rest.npos || rest.find_first_of("123456789") != rest.npos;
  });
}

bool has_it(std::string_view if_none_match, std::string_view etag) {
  return any_item(if_none_match, [&](std::string_view item) {
    if (item.starts_with("W/"))
      item.remove_prefix(2);
    return item == "*" || item == etag;
  });
}

} // namespace

void static_files::add(std::string name, std::string body) {
  auto file = file_of(name, std::move(body));
  files_.insert_or_assign(std::move(name), std::move(file));
}

std::string static_files::add_versioned(std::string_view name, std::string body) {
  auto file = file_of(name, std::move(body));
  file.is_immutable = true;
  auto dot = std::min(name.rfind('.'), name.size());
  std::string versioned{name.substr(0, dot)};
  versioned.append(".").append(file.etag, 1, digest_digits).append(name.substr(dot));
  files_.insert_or_assign(versioned, std::move(file));
  return versioned;
}

void static_files::add_packed(std::string name, packed_file file) {
  static_file f;
  f.content_type = content_type_of(name);
  f.etag = '"' + file.digest + '"';
  f.gzip = std::make_shared<const std::string>(std::move(file.gzip));
  f.brotli = std::make_shared<const std::string>(std::move(file.brotli));
  f.is_immutable = true;
  files_.insert_or_assign(std::move(name), std::move(f));
}

const static_file* static_files::find(std::string_view name) const {
  auto it = files_.find(name);
  return it == files_.end() ? nullptr : &it->second;
}

std::string plain_text(const packed_file& file) { return unzipped(file.gzip); }

std::string_view content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> types = {{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".webmanifest", "application/manifest+json"},
  }};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending))
      return type;
  return "application/octet-stream";
}

http_response answer_with(const static_file& file, const http_request& request) {
  http_response r;
  r.content_type = file.content_type;
  r.headers = {
    {"ETag", file.etag},
    {"Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (file.gzip)
    r.headers.emplace_back("Vary", "Accept-Encoding");
  if (has_it(request.header("If-None-Match"), file.etag)) {
    r.status = 304;
    return r;
  }
  auto accepted = request.header("Accept-Encoding");
  auto send = [&](const auto& body, const char* coding) {
    r.headers.emplace_back("Content-Encoding", coding);
    r.shared_body = body;
  };
  if (file.brotli && takes(accepted, "br"))
    send(file.brotli, "br");
  else if (file.gzip && takes(accepted, "gzip"))
    send(file.gzip, "gzip");
  else if (file.body)
    r.shared_body = file.body;
  else
    r.body = unzipped(*file.gzip);
  return r;
}

} // namespace aops::http
