#include "runtime/base/config.hpp"

#include "runtime/base/address.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/config_files.hpp"
#include "runtime/base/config_options.hpp"
#include "runtime/base/faults.hpp"
#include "runtime/base/near_name.hpp"
#include "runtime/base/threshold_text.hpp"
#include "runtime/base/time_text.hpp"
#include "runtime/base/toml_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sys/stat.h>

namespace aops::base {

namespace {

tl::unexpected<error> wrong(std::string_view where, std::string_view key, std::string_view reason) {
  return fail(ec::bad_request, fmt::format("{}: {}: {}", where, key, reason));
}

constexpr std::string_view notify_key = "notify", plugins_key = "plugins";

bool is_receiver_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool is_web_address(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

/// The receiver for each address of a receiver: its own under its name, the others as `NAME-2`, ….
std::vector<notify_receiver> each_address(notify_receiver to) {
  auto more = std::exchange(to.urls.texts, {});
  std::vector<notify_receiver> out{to};
  for (auto& url : more) {
    out.push_back(to);
    out.back().url.text = std::move(url);
    out.back().name += fmt::format("-{}", out.size());
  }
  return out;
}

/// What one option alone does not tell. @returns The key to look at and the reason.
std::optional<std::pair<std::string_view, std::string>>
fault_of(const notify_receiver& to, const std::vector<notify_receiver>& before) {
  using fault = std::pair<std::string_view, std::string>;
  if (!is_receiver_name(to.name))
    return fault{"name", "must be 1 to 64 letters, digits, `-` or `_`"};
  for (const auto& other : before)
    if (other.name == to.name)
      return fault{"name", "another receiver is called " + to.name};
  if (!is_web_address(to.url.text))
    return fault{"url", "must begin with http:// or https://"};
  for (const auto& url : to.urls.texts)
    if (!is_web_address(url))
      return fault{"urls", "each must begin with http:// or https://"};
  bool is_alertmanager = to.format == "alertmanager";
  if (!to.urls.texts.empty() && !is_alertmanager)
    return fault{"urls", "goes with format = \"alertmanager\" only"};
  if (to.format != "json" && !to.body.empty())
    return fault{"body", "goes without format, which says what is sent"};
  if (is_alertmanager && to.repeat.ms < 1000)
    return fault{"repeat", "must be at least 1s: Alertmanager forgets what it hears no more of"};
  if (is_alertmanager && !to.resolved)
    return fault{"resolved", "must be true: Alertmanager has to hear of the end"};
  if (is_alertmanager && to.expire_after.ms < 4 * to.repeat.ms)
    return fault{"expire_after", "must be at least four times `repeat`"};
  if (to.severities.empty())
    return fault{"severities", "must name at least one of info, warning, critical"};
  for (const auto& severity : to.severities)
    if (severity != "info" && severity != "warning" && severity != "critical")
      return fault{"severities", severity + " is none of info, warning, critical"};
  if (to.content_type.empty() || to.content_type.find_first_of("\r\n") != to.content_type.npos)
    return fault{"content_type", "must be a media type"};
  if (auto headers = notify_headers(to); !headers)
    return fault{"headers_file", headers.error().detail};
  if (!to.ca.empty() && !std::ifstream{to.ca})
    return fault{"ca", to.ca + " cannot be read"};
  return {};
}

/// Names that rules use for what is built in.
constexpr std::array built_in_plugins = {"promql", "seasonal", "expression_rule_plugin"};

std::optional<std::pair<std::string_view, std::string>> fault_of(const plugin_program& x) {
  using fault = std::pair<std::string_view, std::string>;
  if (!is_receiver_name(x.name))
    return fault{"", "the name must be 1 to 64 letters, digits, `-` or `_`"};
  if (std::find(built_in_plugins.begin(), built_in_plugins.end(), x.name) != built_in_plugins.end())
    return fault{"", "a plug-in of this name is built in"};
  if (x.command.empty() || !x.command[0].starts_with('/'))
    return fault{"command", "must begin with the whole path of a program"};
  return {};
}

class loader {
public:
  explicit loader(config& c) : config_(c), options_(options_of(c)) {}

  /// All faults of the file at once, a line each.
  expected<void> read_file(const std::string& file) {
    file_ = file;
    auto document = read_toml_file(file);
    if (!document)
      return fail(std::move(document.error()));
    faults_.note(read_table(*document, ""));
    return std::exchange(faults_, {}).all();
  }

  expected<void> set(const std::string& assignment) {
    auto equals = assignment.find('=');
    if (equals == assignment.npos || equals == 0)
      return fail(ec::bad_request, "--set: must be section.key=value");
    auto name = assignment.substr(0, equals);
    const auto* o = find(name);
    if (!o)
      return wrong("--set", name, unknown(name));
    return assign(*o, assignment.substr(equals + 1), "--set");
  }

  const option_origins& where() const { return where_; }

private:
  const option* find(std::string_view name) const {
    auto it = std::find_if(
      options_.begin(), options_.end(), [&](const option& o) { return o.name() == name; });
    return it == options_.end() ? nullptr : &*it;
  }

  bool is_section(std::string_view name) const {
    return std::any_of(
      options_.begin(), options_.end(), [&](const option& o) { return o.section == name; });
  }

  expected<void> read_table(const toml::table& table, const std::string& section) {
    for (const auto& [key, node] : table) {
      auto name =
        section.empty() ? std::string{key.str()} : fmt::format("{}.{}", section, key.str());
      auto at = fmt::format("{}:{}", file_, key.source().begin.line);
      expected<void> done;
      if (const auto* o = find(name))
        done = read_value(*o, node, at);
      else if (name == notify_key)
        done = read_receivers(node, at);
      else if (name == plugins_key)
        done = read_plugins(node, at);
      else if (section.empty() && node.is_table() && is_section(name))
        done = read_table(*node.as_table(), name);
      else
        done = wrong(at, name, node.is_table() ? "unknown section" : unknown(name));
      faults_.note(done);
    }
    return {};
  }

  std::string unknown(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& o : options_)
      names.push_back(o.name());
    return "unknown key" +
           did_you_mean(name, std::vector<std::string_view>(names.begin(), names.end()));
  }

  expected<void> read_receivers(const toml::node& node, const std::string& at) {
    const auto* tables = node.as_array();
    if (!tables || !tables->is_homogeneous(toml::node_type::table))
      return wrong(at, notify_key, "must be tables: [[notify]]");
    for (size_t i = 0; i < tables->size(); ++i)
      faults_.note(read_receiver(*tables->get(i)->as_table(), i));
    return {};
  }

  expected<void> read_receiver(const toml::table& table, size_t i) {
    notify_receiver to;
    if (auto format = table["format"].value<std::string_view>(); format == "alertmanager")
      to.repeat = minutes(1); // Unless the table says otherwise.
    auto options = options_of(to);
    auto named = [&](std::string_view key) { return fmt::format("{}[{}].{}", notify_key, i, key); };
    auto place = [&](const toml::source_region& x) {
      return fmt::format("{}:{}", file_, x.begin.line);
    };
    for (const auto& [key, node] : table) {
      auto o = std::find_if(options.begin(), options.end(), [name = key.str()](const option& x) {
        return x.key == name;
      });
      if (o == options.end())
        return wrong(place(key.source()), named(key.str()), "unknown key");
      auto text = text_for_option(*o, node);
      if (!text)
        return wrong(place(key.source()), named(o->key), text.error().detail);
      if (auto done = set_option(*o, *text).and_then([&] { return check_option(*o); }); !done)
        return wrong(place(key.source()), named(o->key), done.error().detail);
    }
    // The first address of a list may stand there alone.
    if (to.url.text.empty() && !to.urls.texts.empty()) {
      to.url.text = std::move(to.urls.texts.front());
      to.urls.texts.erase(to.urls.texts.begin());
    }
    auto fault = fault_of(to, config_.notify);
    auto all = each_address(to);
    for (size_t i = 1; i < all.size() && !fault; ++i)
      if (auto again = fault_of(all[i], config_.notify); again && again->first == "name")
        fault = again;
    if (fault) {
      auto given = table.find(fault->first);
      return wrong(place(given == table.end() ? table.source() : given->first.source()),
                   named(fault->first),
                   fault->second);
    }
    std::move(all.begin(), all.end(), std::back_inserter(config_.notify));
    return {};
  }

  expected<void> read_plugins(const toml::node& node, const std::string& at) {
    const auto* tables = node.as_table();
    if (!tables)
      return wrong(at, plugins_key, "must be tables: [plugins.NAME]");
    for (const auto& [key, one] : *tables) {
      auto name = std::string{key.str()};
      auto place = fmt::format("{}:{}", file_, key.source().begin.line);
      auto named = fmt::format("{}.{}", plugins_key, name);
      if (!one.is_table())
        faults_.note(expected<void>{wrong(place, named, "must be a table: [plugins.NAME]")});
      else if (config_.plugins.size() >= most_plugins)
        faults_.note(
          expected<void>{wrong(place, named, fmt::format("must be at most {}", most_plugins))});
      else
        faults_.note(read_plugin(*one.as_table(), name, place));
    }
    return {};
  }

  /// Words of a command: as they are, commas and all.
  static bool read_words(const toml::node& node, std::vector<std::string>& to) {
    const auto* list = node.as_array();
    if (!list)
      return false;
    for (const auto& word : *list) {
      const auto* text = word.as_string();
      if (!text || text->get().find('\0') != std::string::npos)
        return false;
      to.push_back(text->get());
    }
    return true;
  }

  expected<void>
  read_plugin(const toml::table& table, const std::string& name, const std::string& at) {
    plugin_program to;
    to.name = name;
    auto options = options_of(to);
    auto named = [&](std::string_view key) {
      return fmt::format("{}.{}{}{}", plugins_key, name, key.empty() ? "" : ".", key);
    };
    for (const auto& [key, node] : table) {
      auto place = fmt::format("{}:{}", file_, key.source().begin.line);
      auto o = std::find_if(options.begin(), options.end(), [name = key.str()](const option& x) {
        return x.key == name;
      });
      if (o == options.end())
        return wrong(place, named(key.str()), "unknown key");
      if (o->key == "command") {
        if (!read_words(node, to.command))
          return wrong(place, named(o->key), "must be a list of texts");
        continue;
      }
      auto text = text_for_option(*o, node);
      if (!text)
        return wrong(place, named(o->key), text.error().detail);
      if (auto done = set_option(*o, *text).and_then([&] { return check_option(*o); }); !done)
        return wrong(place, named(o->key), done.error().detail);
    }
    if (auto fault = fault_of(to))
      return wrong(at, named(fault->first), fault->second);
    config_.plugins.push_back(std::move(to));
    return {};
  }

  expected<void> read_value(const option& o, const toml::node& node, const std::string& at) {
    auto text = text_for_option(o, node);
    if (!text)
      return wrong(at, o.name(), text.error().detail);
    return assign(o, *text, at);
  }

  expected<void> assign(const option& o, std::string_view text, const std::string& at) {
    auto done = set_option(o, text).and_then([&] { return check_option(o); });
    if (!done)
      return wrong(at, o.name(), done.error().detail);
    where_[o.name()] = at;
    return {};
  }

  config& config_;
  faults faults_;
  std::string file_;
  std::vector<option> options_;
  option_origins where_;
};

/// Section `kafka`, as far as no library is needed to judge it.
template <class Blame>
void check_kafka(const config& c, Blame blame) {
  const auto& k = c.kafka;
  if (k.enabled && k.queue == "kafka" && k.brokers.empty())
    blame("kafka.brokers", "must name at least one HOST:PORT");
  for (const auto& broker : k.brokers)
    if (auto at = parse_endpoint(broker); !at || at->port == 0)
      blame("kafka.brokers", broker + " is no HOST:PORT");
  for (const auto& what : k.publish)
    if (what != "results" && what != "progress" && what != "reports")
      blame("kafka.publish", what + " is none of results, progress, reports");
  for (const auto& property : k.properties)
    if (auto equals = property.find('='); equals == property.npos || equals == 0)
      blame("kafka.properties", property + " is no name=value");
  if (k.group.empty())
    blame("kafka.group", "must not be empty");
  if (k.dlq_suffix.empty())
    blame("kafka.dlq_suffix", "must not be empty");
  std::set<std::string_view> topics;
  for (const auto* some : {&k.check_topics, &k.diag_topics})
    for (const auto& topic : *some)
      if (!topics.insert(topic).second)
        blame(some == &k.check_topics ? "kafka.check_topics" : "kafka.diag_topics",
              topic + " stands there twice");
  for (const auto& [key, topic] : {std::pair{"kafka.result_topic", &k.result_topic},
                                   {"kafka.progress_topic", &k.progress_topic},
                                   {"kafka.report_topic", &k.report_topic}})
    if (topic->empty() || topics.contains(*topic))
      blame(key, topic->empty() ? "must not be empty" : "requests come from there");
  if (!k.password.text.empty() && !k.password_file.empty())
    blame("kafka.password", "goes without kafka.password_file");
  if (k.security.starts_with("sasl") && k.user.empty())
    blame("kafka.user", "is needed with kafka.security = " + k.security);
  if (k.ssl_cert.empty() != k.ssl_key.empty())
    blame(k.ssl_key.empty() ? "kafka.ssl_cert" : "kafka.ssl_key",
          "kafka.ssl_cert and kafka.ssl_key go together");
}

/// A name that an index may have, without what others are in front of.
bool is_index_name(std::string_view text) {
  auto is_fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), is_fine) &&
         text.front() != '-' && text.front() != '_' && text.front() != '.';
}

template <class Blame>
void check_logs(const config& c, Blame blame) {
  const auto& l = c.logs;
  for (std::string_view door : l.syslog_listen)
    if (!parse_endpoint(door.starts_with("tls:") ? door.substr(4) : door))
      blame("logs.syslog_listen", std::string{door} + " is no HOST:PORT and no tls:HOST:PORT");
  if (l.syslog_idle.ms > 0 && l.syslog_idle.ms < 1000)
    blame("logs.syslog_idle", "must be at least 1s, or 0");
  if (l.store == "opensearch" && l.opensearch_url.empty())
    blame("logs.store", "opensearch needs logs.opensearch_url");
  for (const auto& url : l.opensearch_url) {
    if (!is_web_address(url))
      blame("logs.opensearch_url", "each must begin with http:// or https://");
    else if (url.find('@') != url.npos)
      blame("logs.opensearch_url", "goes without a user; see logs.opensearch_user");
  }
  if (!is_index_name(l.opensearch_prefix))
    blame(
      "logs.opensearch_prefix",
      "must be of lower case letters, digits, `-`, `_` and `.`, and begin with a letter or digit");
  if (!l.opensearch_password_file.empty() && l.opensearch_user.empty())
    blame("logs.opensearch_password_file", "goes with logs.opensearch_user");
  if (!l.opensearch_user.empty() && l.opensearch_password_file.empty())
    blame("logs.opensearch_user", "goes with logs.opensearch_password_file");
  if (!l.opensearch_api_key_file.empty() && !l.opensearch_user.empty())
    blame("logs.opensearch_api_key_file", "goes without logs.opensearch_user");
}

template <class Blame>
void check_topology(const config& c, Blame blame) {
  const auto& t = c.topology;
  if (t.stale < t.period)
    blame("topology.stale", "must not be shorter than topology.period");
  if (t.window < t.stale)
    blame("topology.window", "must not be shorter than topology.stale");
  if (t.thresholds.size() > most_thresholds)
    blame("topology.thresholds", fmt::format("must be at most {}", most_thresholds));
  for (const auto& text : t.thresholds)
    if (auto read = parse_threshold(text); !read)
      blame("topology.thresholds", read.error().detail);
}

/// Rules that span options. The reason names the option that the user has to look at.
expected<void> check_together(const config& c, const option_origins& where) {
  faults found;
  auto blame = [&](const std::string& key, std::string_view reason) {
    found.note(expected<void>{base::blame(where, key, reason)});
  };
  if (c.data_dir.empty())
    blame("data_dir", "must not be empty");
  if (c.tls.certificate.empty() != c.tls.key.empty())
    blame(c.tls.key.empty() ? "tls.certificate" : "tls.key",
          "tls.certificate and tls.key go together");
  if ((c.auth.scrypt_n & (c.auth.scrypt_n - 1)) != 0)
    blame("auth.scrypt_n", "must be a power of two");
  for (const auto& proxy : c.http.trusted_proxies)
    if (!is_network(proxy))
      blame("http.trusted_proxies", proxy + " is no address or network");
  if (c.auth.session_idle > c.auth.session_absolute)
    blame("auth.session_idle", "must not be longer than auth.session_absolute");
  if (!c.storage.password.text.empty() && !c.storage.password_file.empty())
    blame("storage.password", "goes without storage.password_file");
  if (c.storage.engine == "mariadb" && c.storage.socket.empty() && c.storage.host.empty())
    blame("storage.host", "mariadb needs storage.socket or storage.host");
  if (c.samples.source == "prometheus" && c.prometheus.url.empty())
    blame("samples.source", "prometheus needs prometheus.url");
  if (!c.prometheus.url.empty() && !is_web_address(c.prometheus.url))
    blame("prometheus.url", "must begin with http:// or https://");
  if (auto window = parse_daily_window(c.backup.window); !window)
    blame("backup.window", window.error().detail);
  const auto& r = c.retention;
  if (r.dump_directory.empty() &&
      r.most_check_results + r.most_diag_reports + r.most_audit_records > 0)
    blame("retention.dump_directory", "must be set where the number of rows is limited");
  if (r.dump_directory.empty() && r.dump_samples)
    blame("retention.dump_samples", "needs retention.dump_directory");
  if (c.check.sample_period.ms % 1000 != 0)
    blame("check.sample_period", "must be whole seconds");
  if (c.check.flap_low >= c.check.flap_high)
    blame("check.flap_low", "must be below check.flap_high");
  if (!c.http.public_url.empty() && !is_web_address(c.http.public_url))
    blame("http.public_url", "must begin with http:// or https://");
  for (const auto& pair : c.alertmanager.trees)
    if (auto equals = pair.find('=');
        equals == pair.npos || equals == 0 || equals + 1 == pair.size())
      blame("alertmanager.trees", pair + " is no ALERT=TREE");
  check_logs(c, blame);
  check_topology(c, blame);
  check_kafka(c, blame);
  return found.all();
}

std::string print(const std::vector<option>& options, bool with_comments) {
  std::string out;
  std::string_view section;
  for (const auto& o : options) {
    if (o.section != section) {
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", o.section);
      section = o.section;
    }
    if (with_comments) {
      auto unit = unit_text(o);
      out +=
        fmt::format("# {}{}{}{}\n", o.doc, unit.empty() ? "" : " (", unit, unit.empty() ? "" : ")");
    }
    out += fmt::format("{} = {}\n", o.key, toml_value(o));
  }
  return out;
}

} // namespace

namespace {

/// A receiver as `etc/aops.toml` shows it: all of it a remark, for there is none by default.
std::string receiver_sample() {
  notify_receiver to;
  to.name = "oncall";
  to.url.text = "https://hooks.example.org/aops";
  std::string out = fmt::format(
    "\n# Whom alerts are told to; as many as needed, of different names.\n# [[{}]]\n", notify_key);
  for (const auto& o : options_of(to)) {
    auto unit = unit_text(o);
    auto value = o.key == "url" ? '"' + to.url.text + '"' : toml_value(o);
    out +=
      fmt::format("# # {}{}{}{}\n", o.doc, unit.empty() ? "" : " (", unit, unit.empty() ? "" : ")");
    out += fmt::format("# {} = {}\n", o.key, value);
  }
  return out;
}

/// The same of a plug-in.
std::string plugin_sample() {
  plugin_program x;
  x.command = {"/usr/bin/python3", "/usr/lib/aops/plugins/ewma.py"};
  std::string out = fmt::format("\n# A program that judges for rules with `plugin: ewma`; see "
                                "docs/plugins.md.\n# [{}.ewma]\n",
                                plugins_key);
  for (const auto& o : options_of(x)) {
    auto unit = unit_text(o);
    out +=
      fmt::format("# # {}{}{}{}\n", o.doc, unit.empty() ? "" : " (", unit, unit.empty() ? "" : ")");
    out += fmt::format("# {} = {}\n", o.key, toml_value(o));
  }
  return out;
}

} // namespace

expected<config> load_config(const std::string& file, const std::vector<std::string>& overrides) {
  auto loaded = load_located_config(file, overrides);
  if (!loaded)
    return fail(std::move(loaded.error()));
  return std::move(loaded->values);
}

expected<located_config> load_located_config(const std::string& file,
                                             const std::vector<std::string>& overrides) {
  located_config located;
  auto& c = located.values;
  loader load{c};
  faults found;
  if (!file.empty())
    found.note(load.read_file(file));
  for (const auto& assignment : overrides)
    found.note(load.set(assignment));
  if (found.all()) // Else what is missing would be blamed for what is only wrong.
    found.note(check_together(c, load.where()));
  if (auto good = found.all(); !good)
    return fail(std::move(good.error()));
  located.where = load.where();
  return located;
}

std::string default_toml() {
  config c;
  return "# Configuration of aops-node: every option with its default. An unknown key is an "
         "error.\n"
         "# Durations are seconds (15) or texts (\"500ms\", \"15s\", \"5m\", \"2h\", \"7d\"), "
         "sizes are bytes or texts\n"
         "# (\"64KiB\", \"8MiB\", \"10GB\"). `aops-node --set section.key=value` overrides a line "
         "of this file.\n\n" +
         print(options_of(c), true) + receiver_sample() + plugin_sample();
}

std::string to_toml(const config& c) {
  auto copy = c;
  auto out = print(options_of(copy), false);
  for (auto& to : copy.notify) {
    out += fmt::format("\n[[{}]]\n", notify_key);
    for (const auto& o : options_of(to))
      out += fmt::format("{} = {}\n", o.key, toml_value(o));
  }
  for (auto& x : copy.plugins) {
    out += fmt::format("\n[{}.{}]\n", plugins_key, x.name);
    for (const auto& o : options_of(x))
      out += fmt::format("{} = {}\n", o.key, toml_value(o));
  }
  return out;
}

aops::log::log_config log_settings(const config& c) {
  return {aops::log::parse_level(c.log.level).value_or(aops::log::level::info),
          c.log.format == "json" ? aops::log::format::json : aops::log::format::text,
          c.log.file,
          static_cast<size_t>(c.log.max_bytes.bytes),
          static_cast<size_t>(c.log.max_files)};
}

namespace {

/// Why a file with secrets is not to be used; nothing when it may.
std::optional<std::string_view> fault_of_secret(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0)
    return "cannot be read";
  if ((about.st_mode & 0077) != 0)
    return "must be readable by its owner only (chmod 600)";
  return {};
}

} // namespace

expected<std::vector<std::string>> notify_headers(const notify_receiver& to) {
  std::vector<std::string> out;
  const auto& path = to.headers_file;
  if (path.empty())
    return out;
  if (auto fault = fault_of_secret(path))
    return fail(ec::bad_request, fmt::format("{} {}", path, *fault));
  std::ifstream file{path};
  if (!file)
    return fail(ec::bad_request, path + " cannot be read");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.pop_back();
    if (line.empty() || line.front() == '#')
      continue;
    auto colon = line.find(':');
    if (colon == line.npos || colon == 0 || line.find(' ') < colon)
      return fail(ec::bad_request, fmt::format("{}:{}: must be `Name: value`", path, number));
    out.push_back(line);
  }
  return out;
}

namespace {

/// An option that is a password, or the first line of the file that another names.
expected<sealed_text>
password_of(const sealed_text& given, const std::string& path, std::string_view option) {
  if (path.empty())
    return given;
  if (auto fault = fault_of_secret(path))
    return wrong(path, option, *fault);
  std::ifstream file{path};
  sealed_text password;
  if (!std::getline(file, password.text))
    return wrong(path, option, "cannot be read or is empty");
  return password;
}

} // namespace

expected<sealed_text> storage_password(const config& c) {
  return password_of(c.storage.password, c.storage.password_file, "storage.password_file");
}

expected<sealed_text> kafka_password(const config& c) {
  return password_of(c.kafka.password, c.kafka.password_file, "kafka.password_file");
}

expected<std::string> log_store_proof(const config& c) {
  const auto& l = c.logs;
  auto read = [](const std::string& path, std::string_view option) {
    return password_of({}, path, option);
  };
  if (!l.opensearch_api_key_file.empty())
    return read(l.opensearch_api_key_file, "logs.opensearch_api_key_file")
      .map([](const sealed_text& key) { return "Authorization: ApiKey " + key.text; });
  if (l.opensearch_user.empty())
    return std::string{};
  return read(l.opensearch_password_file, "logs.opensearch_password_file")
    .map([&](const sealed_text& password) {
      return "Authorization: Basic " + to_base64(l.opensearch_user + ":" + password.text);
    });
}

} // namespace aops::base
