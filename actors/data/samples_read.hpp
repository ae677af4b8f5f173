#pragma once

#include "messages/data.hpp"
#include "messages/host.hpp"
#include "messages/rounds.hpp"
#include "runtime/core/check/align.hpp"
#include "runtime/core/check/log_lines.hpp"
#include "runtime/core/check/rounds.hpp"
#include "runtime/io/prometheus/query.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace aops::actors {

/// Of the points of one series, in order, the least and the greatest of each stretch of a range:
/// who draws them loses no peak. Pure.
class thinned_points {
public:
  /// @param stretch_ms Width of a stretch, from 1.
  thinned_points(int64_t from_ms, int64_t stretch_ms)
      : from_ms_(from_ms), stretch_ms_(stretch_ms) {}

  /// @return The points of the stretch that `next` is behind; nothing while it goes on.
  std::vector<check::point> add(const check::point& next);
  /// The points of the last stretch.
  std::vector<check::point> rest() const;

private:
  int64_t from_ms_, stretch_ms_, stretch_ = 0;
  std::optional<check::point> low_, high_;
};

/// One request for samples: which hosts it is about, what was found of each, and the answer. Pure.
/// Hosts are read one after the other; an address may be that of several.
class samples_request {
public:
  explicit samples_request(const samples_to_get& asked) : asked_(asked) {}

  /// Of the hosts that the caller sees, those that are asked for: by id, address, or address and
  /// exporter port. What is asked of no host fails.
  void choose(const std::vector<host_record>& hosts, int64_t default_port);

  bool is_done() const { return next_ == places_.size(); }
  const host_record& host() const { return places_[next_].host; } ///< The one at work.
  int64_t from_ms() const { return asked_.time_range[0].ms; }
  int64_t until_ms() const { return asked_.time_range[1].ms; }
  bool asks_for_metrics() const;
  /// Logs that are wanted of the host at work.
  std::vector<data_item> logs() const;

  /// What to ask a Prometheus for: series that have the labels asked for, and perhaps more.
  std::vector<prometheus_api::series_match> matches() const;

  /// What the slots of the host's samples stand for.
  void know(std::span<const series_entry> series);
  void take(const check::round& x);
  void take(const series_key& key, std::span<const check::point> points);
  void take(const check::logged_line& x);
  size_t values() const { return values_; }         ///< So far.
  size_t text_bytes() const { return text_bytes_; } ///< Of lines, so far.
  /// Lines of the host at work are missing.
  void lack_lines(const std::string& reason);

  void finish_host();                        ///< Goes on to the next.
  void fail_host(const std::string& reason); ///< The same of one that cannot be read.

  samples_found answer() const;

private:
  /// A host, and under which name it was asked for.
  struct place {
    std::string name;
    host_record host;
  };
  const std::vector<wanted_samples>& wanted() const {
    return asked_.data_infos.at(places_[next_].name);
  }
  bool wants(const series_key& key) const;
  void write(std::string& text, std::span<const check::point> points);
  std::map<series_key, thinned_points>::iterator thinned(const series_key& key);

  samples_to_get asked_;
  std::vector<place> places_;
  size_t next_ = 0, values_ = 0, text_bytes_ = 0;
  std::map<uint32_t, series_key> slots_;         ///< Wanted ones of the host at work.
  std::map<series_key, std::string> found_;      ///< Of the host at work: pairs as JSON.
  std::map<series_key, thinned_points> thinned_; ///< What of these is not written yet.
  std::map<std::string, host_samples> result_;
  bool has_good_ = false, has_bad_ = false, lacks_lines_ = false;
};

} // namespace aops::actors
