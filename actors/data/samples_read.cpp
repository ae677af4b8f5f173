#include "actors/data/samples_read.hpp"

#include "messages/return_code.hpp"
#include "runtime/base/address.hpp"
#include "runtime/base/canonical_json.hpp"
#include "runtime/base/json_library.hpp"
#include "runtime/core/check/own_series.hpp"

#include <algorithm>
#include <cmath>

namespace aops::actors {

namespace {

bool is_metric(const wanted_samples& x) { return x.type == "kpi"; }

bool fits(const wanted_samples& x, const series_key& key) {
  return is_metric(x) && x.name == key.name &&
         std::all_of(x.label.begin(), x.label.end(), [&](const auto& label) {
           auto found = key.label.find(label.first);
           return found != key.label.end() && found->second == label.second;
         });
}

bool is_log_of(const wanted_samples& x) { return x.type == "log"; }

bool is_named(const host_record& host, const std::string& name, int64_t default_port) {
  auto port = host.exporter_port != 0 ? host.exporter_port : default_port;
  return host.host_id == name || host.public_ip == base::canonical_address(name) ||
         base::with_port(host.public_ip, port) == name;
}

std::string text_of(number x) {
  return x.is_integer() ? std::to_string(x.integer()) : base::shortest(x.real());
}

/// Whether `a` is less than `b`, or `b` is no number, which bounds nothing.
bool is_below(number a, number b) {
  return a.as_double() < b.as_double() || std::isnan(b.as_double());
}

bool is_above(number a, number b) {
  return a.as_double() > b.as_double() || std::isnan(b.as_double());
}

} // namespace

std::vector<check::point> thinned_points::add(const check::point& next) {
  auto stretch = (next.time_ms - from_ms_) / stretch_ms_;
  std::vector<check::point> done;
  if (low_ && stretch != stretch_) {
    done = rest();
    low_.reset();
  }
  if (!low_) {
    stretch_ = stretch;
    low_ = high_ = next;
    return done;
  }
  if (is_below(next.value, low_->value))
    low_ = next;
  if (is_above(next.value, high_->value))
    high_ = next;
  return done;
}

std::vector<check::point> thinned_points::rest() const {
  if (!low_)
    return {};
  if (low_->time_ms == high_->time_ms)
    return {*low_};
  return low_->time_ms < high_->time_ms ? std::vector{*low_, *high_} : std::vector{*high_, *low_};
}

void samples_request::choose(const std::vector<host_record>& hosts, int64_t default_port) {
  for (const auto& [name, wanted] : asked_.data_infos) {
    auto& out = result_[name];
    auto before = places_.size();
    for (const auto& host : hosts)
      if (is_named(host, name, default_port))
        places_.push_back({name, host});
    bool is_known = places_.size() > before;
    for (const auto& x : wanted) {
      if (is_known && (is_metric(x) || is_log_of(x)))
        continue;
      has_bad_ = true;
      out.fail_list.push_back(
        {x.name, x.label, is_known ? "type: must be kpi or log" : "no such host"});
    }
  }
}

bool samples_request::asks_for_metrics() const {
  return std::any_of(wanted().begin(), wanted().end(), is_metric);
}

std::vector<data_item> samples_request::logs() const {
  std::vector<data_item> out;
  for (const auto& x : wanted())
    if (is_log_of(x)) {
      auto& item = out.emplace_back();
      item.name = x.name;
      item.type = x.type;
    }
  return out;
}

/// Each log that means the line has it. Labels of logs say nothing.
void samples_request::take(const check::logged_line& x) {
  for (const auto& w : wanted()) {
    if (!is_log_of(w) || !check::is_of_log(w.name, x.labels))
      continue;
    auto& text = found_[{w.name, w.label}];
    auto before = text.size();
    text += text.empty() ? "[" : ",[";
    base::append_seconds(text, x.time_ms);
    text += ',';
    text += nlohmann::json(x.text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    text += ']';
    text_bytes_ += text.size() - before;
    ++values_;
  }
}

void samples_request::lack_lines(const std::string& reason) {
  has_bad_ = lacks_lines_ = true;
  for (const auto& x : wanted())
    if (is_log_of(x))
      result_[places_[next_].name].fail_list.push_back({x.name, x.label, reason});
}

bool samples_request::wants(const series_key& key) const {
  return std::any_of(
    wanted().begin(), wanted().end(), [&](const wanted_samples& x) { return fits(x, key); });
}

std::vector<prometheus_api::series_match> samples_request::matches() const {
  std::set<prometheus_api::series_match> out;
  for (const auto& x : wanted())
    if (is_metric(x)) {
      prometheus_api::series_match match{x.name, {}};
      for (const auto& [label, value] : x.label)
        match.match[label] = "=" + value; // Whatever it begins with, it is a value.
      out.insert(std::move(match));
    }
  return {out.begin(), out.end()};
}

void samples_request::know(std::span<const series_entry> series) {
  slots_.clear();
  for (const auto& x : series)
    if (wants(x.key))
      slots_[x.slot] = x.key;
}

void samples_request::take(const check::round& x) {
  auto own = [&](std::string_view name, number value) {
    check::point point{x.time_ms, value};
    take(series_key{std::string{name}, {}}, {&point, 1});
  };
  own(check::up_series, number::of(int64_t{x.answered}));
  if (x.answered)
    own(check::duration_series, number::of(x.duration_s));
  for (const auto& sample : x.samples)
    if (auto known = slots_.find(sample.slot); known != slots_.end()) {
      check::point point{x.time_ms, sample.value};
      take(known->second, {&point, 1});
    }
}

void samples_request::take(const series_key& key, std::span<const check::point> points) {
  if (points.empty() || !wants(key))
    return;
  auto& text = found_[key];
  if (!asked_.most_points)
    return write(text, points);
  auto thin = thinned(key);
  for (const auto& x : points)
    write(text, thin->second.add(x));
}

void samples_request::write(std::string& text, std::span<const check::point> points) {
  for (const auto& x : points) {
    text += text.empty() ? "[" : ",[";
    base::append_seconds(text, x.time_ms);
    text += ",\"" + text_of(x.value) + "\"]";
    ++values_;
  }
}

std::map<series_key, thinned_points>::iterator samples_request::thinned(const series_key& key) {
  auto stretches = std::max<int64_t>(1, *asked_.most_points / 2);
  auto stretch_ms = (until_ms() - from_ms()) / stretches + 1;
  return thinned_.try_emplace(key, from_ms(), stretch_ms).first;
}

void samples_request::finish_host() {
  for (const auto& [key, left] : thinned_)
    write(found_[key], left.rest());
  thinned_.clear();
  has_good_ =
    has_good_ || asks_for_metrics() || (!logs().empty() && !lacks_lines_) || !found_.empty();
  lacks_lines_ = false;
  auto& out = result_[places_[next_].name].succeed_list;
  for (auto& [key, values] : found_)
    out.push_back({key.name, key.label, {"[" + std::move(values) + "]"}});
  found_.clear();
  slots_.clear();
  ++next_;
}

void samples_request::fail_host(const std::string& reason) {
  has_bad_ = true;
  auto& out = result_[places_[next_].name].fail_list;
  for (const auto& x : wanted())
    if (is_metric(x) || is_log_of(x))
      out.push_back({x.name, x.label, reason});
  thinned_.clear();
  found_.clear();
  slots_.clear();
  ++next_;
}

samples_found samples_request::answer() const {
  samples_found out;
  out.result = result_;
  if (has_bad_)
    out.code = has_good_ ? code_partial : outcome_of(ec::query_failed).return_code;
  return out;
}

} // namespace aops::actors
