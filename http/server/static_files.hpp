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
  std::string etag; ///< With its quotes.
  std::shared_ptr<const std::string> body;
  std::shared_ptr<const std::string> gzip; ///< Null unless it saves a tenth.
  bool is_immutable = false;               ///< Its name changes with its content.
};

/// Files by name, in memory: a name that was not added does not exist, whatever a disk holds.
class static_files {
public:
  /// Under its own name; clients ask each time whether it has changed.
  void add(std::string name, std::string body);
  /// Under a name with a digest, `style.1f0c….css`, which is returned; clients keep it for good.
  std::string add_versioned(std::string_view name, std::string body);

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
