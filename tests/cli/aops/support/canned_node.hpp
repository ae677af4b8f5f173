#pragma once

#include "cli/aops/command/verb.hpp"
#include "cli/aops/term/console.hpp"
#include "cli/aops/text/json.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace aops::cli::tests {

/// One request that the canned node got.
struct request_seen {
  std::string method, path, token, last_event_id, key;
  json body;
  std::string target; ///< The path with what follows it.
};

/// A small HTTP(S) server on a free port of this machine that answers what it is told.
class canned_node {
public:
  enum class scheme { http, https };
  explicit canned_node(scheme how = scheme::http);
  ~canned_node();

  std::string url() const;
  /// SHA-256 of its certificate in openssl's form; empty for HTTP.
  const std::string& fingerprint() const;
  /// PEM text of its certificate.
  const std::string& certificate() const;

  /// Answers of a path, one after the other; the last one stays. `code` and `msg` are added where
  /// they lack.
  void answer(const std::string& path, json reply);
  /// Bodies of an event stream, one per connection; the last one stays. Each connection is closed
  /// after its body.
  void stream(const std::string& path, std::string body);
  /// A bare HTTP answer.
  void answer_http(const std::string& path,
                   int status,
                   std::string body,
                   std::map<std::string, std::string> headers = {});

  std::vector<request_seen> seen() const;
  /// The last request to `path`; its method is empty when there was none.
  request_seen last(const std::string& path) const;

private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

/// A console without a terminal, an environment of its own and a clock that stands at 2024-03-01
/// 12:00:00 UTC.
struct test_console {
  test_console();
  ~test_console();
  std::ostringstream out, err;
  std::map<std::string, std::string> variables;
  std::vector<std::string> lines;   ///< Of standard input.
  std::vector<std::string> answers; ///< Of the person at the terminal; none: there is no terminal.
  std::vector<std::string> questions;
  int waited_ms = 0;
  std::string folder; ///< Empty at first, removed at the end; `XDG_CONFIG_HOME` points into it.
  verb_list verbs;    ///< Those of `aops`.
  console io;

  /// Runs a command line with empty streams; returns the exit code.
  int run(std::vector<std::string> words);
  /// Standard output as JSON.
  json printed() const;
  /// Writes one, returns its path.
  std::string file(const std::string& name, const std::string& text) const;
};

} // namespace aops::cli::tests
