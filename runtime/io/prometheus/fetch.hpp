#pragma once

#include "runtime/io/net/http_multi.hpp"
#include "runtime/io/prometheus/answer.hpp"
#include "runtime/io/prometheus/query.hpp"

#include <deque>
#include <optional>
#include <set>

namespace aops::prometheus_api {

/// Where and how to ask.
struct source {
  std::string url;                  ///< `http://host:9090`, perhaps with a path before `/api/v1`.
  std::vector<std::string> headers; ///< Such as `Authorization: …`; never shown.
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{10'000}; ///< Of one query.
  size_t max_bytes = size_t{32} << 20; ///< Of one answer; a larger one is asked for in halves.
  size_t max_get = 2000;               ///< Longer forms go by POST.
  size_t concurrency = 4;              ///< Queries at once; Prometheus itself works on 20.
  query_limits limits;
};

/// The HTTP request for one query.
net::request request_of(const query& q, const source& from);

/// What became of one query.
struct part {
  std::vector<std::string> instances;
  int64_t from_ms = 0, until_ms = 0;
  expected<answer> result; ///< Only series that were asked for.
};

/// Reads one `ask` in as many queries as it takes. Knows no thread and no socket: who holds it
/// sends `next()` and brings back each reply.
class fetch {
public:
  struct outgoing {
    uint64_t id;
    net::request what;
  };

  fetch(ask what, source from);

  /// What to send now, so that `concurrency` queries are under way.
  std::vector<outgoing> next();

  /// Takes the reply to an outgoing query and parses it. Gives back the parts that are ready; parts
  /// come in the order of the plan: for one series, in the order of time. A failed part does not
  /// end the others. An answer that is too large becomes two queries.
  std::vector<part> on_reply(uint64_t id, net::reply reply);

  /// Whether all parts were given back.
  bool finished() const { return jobs_.empty(); }

private:
  struct job {
    uint64_t id;
    query what;
    bool sent = false;
    std::optional<expected<answer>> result;
  };
  void split(std::deque<job>::iterator at, std::vector<query> parts);
  void keep_asked(answer& a, const query& by) const;

  const source from_;
  const std::set<series_key> asked_;
  std::deque<job> jobs_; ///< In the order of the plan; finished ones wait for those before them.
  uint64_t next_id_ = 0;
  size_t under_way_ = 0;
};

} // namespace aops::prometheus_api
