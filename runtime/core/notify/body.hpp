#pragma once

#include "messages/alerts.hpp"
#include "messages/error.hpp"
#include "runtime/base/config.hpp"

#include <memory>
#include <string>

namespace aops::notify {

/// Makes the body of a notice. For one thread.
class body_writer {
public:
  /// Longest body.
  static constexpr size_t most_bytes = size_t{1} << 20;

  /// ec::bad_request with the template's line and what is wrong there.
  /// @param pages `http.public_url`, for links.
  static expected<body_writer> of(const base::notify_receiver& to, std::string pages = {});

  /// ec::bad_request when it is too long or the template fails.
  expected<std::string> write(const notice_body& x, int64_t now_ms) const;

private:
  struct pattern;
  base::notify_receiver to_;
  std::string pages_;
  std::shared_ptr<pattern> pattern_; ///< Null: the JSON document.
};

/// `critical  web2  disk-full{mountpoint="/var"}`: one alert in a line.
std::string title_of(const told_alert& x);

/// The sample that `aops notify test` sends.
notice_body sample_notice(const std::string& receiver, const std::string& id, int64_t now_ms);

} // namespace aops::notify
