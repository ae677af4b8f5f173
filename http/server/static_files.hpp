#pragma once

#include "http/server/exchange.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace aops::http {

/// A file as it is served, with what is made of it once.
struct static_file {
  std::string content_type;
  std::string etag;                          ///< With its quotes.
  std::shared_ptr<const std::string> body;   ///< Null: made of `gzip` for who wants it.
  std::shared_ptr<const std::string> gzip;   ///< Null unless it saves a tenth.
  std::shared_ptr<const std::string> brotli; ///< Null unless it came with it.
  bool is_immutable = false;                 ///< Its name changes with its content.
};

/// A file that was compressed when the program was built.
struct packed_file {
  std::string digest; ///< Of its content.
  std::string gzip, brotli;
};

/// What was compressed; empty when it is none.
std::string plain_text(const packed_file& file);

/// Files by name, in memory: a name that was not added does not exist, whatever a disk holds.
class static_files {
public:
  /// Under its own name; clients ask each time whether it has changed.
  void add(std::string name, std::string body);
  /// Under a name with a digest, `style.1f0c….css`, which is returned; clients keep it for good.
  std::string add_versioned(std::string_view name, std::string body);

  /// Under a name that changes with its content; clients keep it for good.
  void add_packed(std::string name, packed_file file);

  /// Null when there is none.
  const static_file* find(std::string_view name) const;

private:
  std::map<std::string, static_file, std::less<>> files_;
};

/// By the extension of a name; `application/octet-stream` when unknown.
std::string_view content_type_of(std::string_view name);

/// The answer to a GET: 200, or 304 for who has it; compressed for who can read that.
http_response answer_with(const static_file& file, const http_request& request);

} // namespace aops::http
