#include "cli/agent/agent_config.hpp"

#include "runtime/base/faults.hpp"
#include "runtime/base/option_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <fstream>
#include <iterator>
#include <list>
#include <set>
#include <sys/stat.h>

namespace aops::agent {

namespace {

base::option with_range(base::option x, base::duration least, base::duration most) {
  x.min = static_cast<double>(least.ms);
  x.max = static_cast<double>(most.ms);
  return x;
}

template <class T>
base::option
plain_option(std::string_view key, T& value, std::string_view doc, std::string_view choices = {}) {
  base::option x{{}, key, &value};
  x.doc = doc;
  x.choices = choices;
  return x;
}

bool is_this_machine(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1)
    return (ntohl(four.s_addr) >> 24U) == 127;
  if (::inet_pton(AF_INET6, host.c_str(), &six) == 1)
    return IN6_IS_ADDR_LOOPBACK(&six);
  return host == "localhost";
}

bool is_machine_id(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_probe_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// The tables of a meta file.
expected<std::vector<sockets::probe_table>> read_meta(const std::string& file) {
  struct raw_table {
    std::string name;
    std::vector<std::string> fields;
  };
  std::list<raw_table> raw; // Options point into its items.
  auto where = base::read_option_file(
    file,
    {},
    {{"table", [&] {
        auto& x = raw.emplace_back();
        return std::vector{plain_option("name", x.name, {}), plain_option("fields", x.fields, {})};
      }}});
  if (!where)
    return fail(std::move(where.error()));
  base::faults found;
  std::vector<sockets::probe_table> out;
  size_t i = 0;
  for (const auto& x : raw) {
    auto name = fmt::format("table[{}]", i++);
    sockets::probe_table table{x.name, {}};
    bool is_good = true;
    for (const auto& text : x.fields) {
      auto field = sockets::read_probe_field(text);
      is_good = is_good && field;
      if (field)
        table.fields.push_back(std::move(*field));
      else
        found.note(expected<void>{base::blame(*where, name + ".fields", field.error().detail)});
    }
    if (auto good = sockets::check_probe_table(table); is_good && !good)
      found.note(expected<void>{base::blame(*where, name, good.error().detail)});
    out.push_back(std::move(table));
  }
  if (out.empty() || out.size() > sockets::most_probe_tables)
    return fail(ec::bad_request,
                fmt::format("{}: must have 1 to {} [[table]]", file, sockets::most_probe_tables));
  if (auto good = found.all(); !good)
    return fail(std::move(good.error()));
  return out;
}

/// What one option alone does not tell.
class agent_checker {
public:
  agent_checker(agent_config& c, const base::option_origins& where) : c_(c), where_(where) {}

  expected<void> run() {
    for (const auto& url : c_.url)
      if (auto good = parse_node_address(url); !good)
        blame("url", good.error().detail);
    if (!c_.url.empty() && c_.token_file.empty())
      blame("token_file", "must be set: a batch goes with the token of this host");
    if (!c_.token_file.empty())
      if (auto token = read_token(c_.token_file); !token)
        blame("token_file", token.error().detail);
    if (!c_.ca.empty() && !std::ifstream{c_.ca})
      blame("ca", c_.ca + " cannot be read");
    if (!c_.machine_id.empty() && !is_machine_id(c_.machine_id))
      blame("machine_id", "must be 32 lower-case hex digits");
    if (c_.probes.size() > most_probes)
      blame(fmt::format("probe[{}]", most_probes),
            "there are more probes than " + std::to_string(most_probes));
    std::set<std::string> names;
    for (size_t i = 0; i < c_.probes.size(); ++i)
      check_probe(c_.probes[i], fmt::format("probe[{}]", i), names);
    return found_.all();
  }

private:
  void blame(const std::string& name, std::string_view reason) {
    found_.note(expected<void>{base::blame(where_, name, reason)});
  }
  /// Of a probe's option, or of the table when the option is not there.
  void blame_probe(const std::string& probe, std::string_view key, std::string_view reason) {
    auto name = fmt::format("{}.{}", probe, key);
    if (where_.contains(name))
      return blame(name, reason);
    blame(probe, fmt::format("{}: {}", key, reason));
  }

  void check_probe(probe_config& x, const std::string& probe, std::set<std::string>& names) {
    if (!is_probe_name(x.name))
      blame_probe(probe, "name", "must be 1 to 64 letters, digits, `-` or `_`");
    else if (!names.insert(x.name).second)
      blame_probe(probe, "name", "another probe is called " + x.name);
    auto is_command = [](const std::vector<std::string>& words) {
      return !words.empty() && words[0].starts_with('/');
    };
    if (!is_command(x.command))
      blame_probe(probe, "command", "must begin with the whole path of a program");
    if (x.enabled == "auto" && !is_command(x.check))
      blame_probe(probe, "check", "goes with enabled = \"auto\", and begins with a whole path");
    if (x.meta.empty()) {
      blame_probe(probe, "meta", "must name the file that says what the lines mean");
      return;
    }
    auto tables = read_meta(x.meta);
    if (tables)
      x.tables = std::move(*tables);
    else
      found_.note(tables);
  }

  agent_config& c_;
  const base::option_origins& where_;
  base::faults found_;
};

} // namespace

std::vector<base::option> options_of(agent_config& c) {
  auto listen = plain_option(
    "listen",
    c.listen,
    "Where GET /metrics answers, without a password: best an address of this machine only; empty: "
    "nowhere");
  listen.may_be_empty = true;
  return {
    plain_option("url", c.url, "Nodes, `https://HOST:PORT`; the next one when one does not answer"),
    plain_option("token_file",
                 c.token_file,
                 "File with the token of this host (`aops log token create HOST`), of mode 0600"),
    plain_option(
      "ca", c.ca, "File with the authority of the nodes' certificates; empty: the system's"),
    with_range(plain_option("period", c.period, "How often this host is looked at and told of"),
               base::seconds(1),
               base::minutes(5)),
    with_range(plain_option("timeout", c.timeout, "How long a node may take to answer"),
               base::seconds(1),
               base::minutes(1)),
    plain_option("exclude",
                 c.exclude,
                 "What is not told: processes by name (`ssh*` too), peers by address or network"),
    listen,
    plain_option("machine_id",
                 c.machine_id,
                 "Who this host is, 32 hex digits; empty: as /etc/machine-id says"),
    plain_option("hostname", c.hostname, "What this host is called; empty: as the system says"),
    plain_option(
      "log_level", c.log_level, "What is logged to standard error", "debug|info|warn|error|off"),
  };
}

std::vector<base::option> options_of(probe_config& c) {
  return {
    plain_option("name", c.name, "What it is called in the log"),
    plain_option(
      "command", c.command, "Program, with its whole path, and parameters; there is no shell"),
    plain_option("meta", c.meta, "File that says what its lines mean, see docs/agent.md"),
    plain_option("enabled",
                 c.enabled,
                 "Whether it runs; auto: once `check` prints a number above 0",
                 "on|off|auto"),
    plain_option(
      "check", c.check, "Program and parameters that tell whether there is something to probe"),
  };
}

expected<agent_config> load_agent_config(const std::string& file,
                                         const std::vector<std::string>& overrides) {
  agent_config c;
  std::list<probe_config> probes; // Options point into its items.
  base::faults found;
  base::option_origins where;
  if (!file.empty()) {
    auto read = base::read_option_file(
      file, options_of(c), {{"probe", [&] { return options_of(probes.emplace_back()); }}});
    if (read)
      where = std::move(*read);
    found.note(read);
  }
  c.probes.assign(probes.begin(), probes.end());
  for (const auto& assignment : overrides) {
    auto equals = assignment.find('=');
    auto key = assignment.substr(0, equals);
    std::string name = "--";
    std::replace_copy(key.begin(), key.end(), std::back_inserter(name), '_', '-');
    for (const auto& o : options_of(c)) {
      if (o.key != key)
        continue;
      auto done =
        base::set_option(o, std::string_view{assignment}.substr(equals + 1)).and_then([&] {
          return base::check_option(o);
        });
      where[key] = name;
      if (!done)
        found.note(expected<void>{base::blame(where, key, done.error().detail)});
    }
  }
  if (found.all()) // Else what is missing would be blamed for what is only wrong.
    found.note(agent_checker{c, where}.run());
  if (auto good = found.all(); !good)
    return fail(std::move(good.error()));
  return c;
}

std::string default_agent_toml() {
  agent_config c;
  probe_config probe;
  probe.name = "nginx";
  probe.command = {"/usr/local/bin/nginx-links", "--every", "5"};
  probe.meta = "/etc/aops/nginx-links.toml";
  probe.enabled = "auto";
  probe.check = {"/usr/bin/pgrep", "-c", "-x", "nginx"};
  return "# Configuration of aops-agent: every option with its default. An unknown key is an "
         "error.\n"
         "# Durations are seconds (15) or texts (\"500ms\", \"15s\", \"5m\"). Options of the "
         "command "
         "line override lines of this\n# file.\n\n" +
         base::option_toml(options_of(c)) +
         "\n# Programs that tell of more; as many as needed, of different names.\n# [[probe]]\n" +
         base::option_toml(options_of(probe), "# ");
}

expected<std::string> read_token(const std::string& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0)
    return fail(ec::bad_request, file + " cannot be read");
  if ((about.st_mode & 0077U) != 0)
    return fail(ec::bad_request, file + " must be readable by its owner only (chmod 600)");
  std::ifstream in{file};
  std::string token;
  std::getline(in, token);
  while (!token.empty() && (token.back() == '\r' || token.back() == ' '))
    token.pop_back();
  bool is_plain =
    std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (token.empty() || !is_plain)
    return fail(ec::bad_request, file + " holds no token in its first line");
  return token;
}

expected<node_address> parse_node_address(std::string_view url) {
  auto wrong = [](std::string reason) { return fail(ec::bad_request, std::move(reason)); };
  node_address out;
  out.text = url;
  if (url.starts_with("http://"))
    out.tls = false;
  else if (!url.starts_with("https://"))
    return wrong(fmt::format("{} does not begin with https://", url));
  url.remove_prefix(out.tls ? 8 : 7);
  auto authority = url.substr(0, url.find('/'));
  out.prefix = url.substr(authority.size());
  while (out.prefix.ends_with('/'))
    out.prefix.pop_back();
  if (authority.find('@') != authority.npos)
    return fail(ec::bad_request, "an address must not hold a user or password");
  bool has_port =
    authority.rfind(':') != authority.npos &&
    (authority.rfind(']') == authority.npos || authority.rfind(']') < authority.rfind(':'));
  auto whole =
    has_port ? std::string{authority} : fmt::format("{}:{}", authority, out.tls ? 443 : 80);
  auto at = base::parse_endpoint(whole);
  if (!at || at->host.empty() || at->port == 0 ||
      out.prefix.find_first_of(" \t?#") != std::string::npos)
    return wrong(fmt::format("{} is no https://HOST:PORT", out.text));
  out.host = at->host;
  out.port = at->port;
  if (!out.tls && !is_this_machine(out.host))
    return wrong(fmt::format("{}: http:// is for this very machine only", out.text));
  return out;
}

} // namespace aops::agent
