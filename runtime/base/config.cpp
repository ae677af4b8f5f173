#include "runtime/base/config.hpp"

#include "runtime/base/config_options.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sys/stat.h>

namespace aops::base {

namespace {

/// Where an option got its value, for errors: `FILE:LINE` or `--set`.
using origins = std::map<std::string, std::string>;

tl::unexpected<error> wrong(std::string_view where, std::string_view key, std::string_view reason) {
  return fail(ec::bad_request, fmt::format("{}: {}: {}", where, key, reason));
}

/// A TOML value as the text that `--set` would have; lists joined by commas. Empty optional: no
/// such thing.
std::optional<std::string> text_of(const toml::node& node) {
  if (auto x = node.value_exact<std::string>())
    return *x;
  if (auto x = node.value_exact<bool>())
    return *x ? "true" : "false";
  if (auto x = node.value_exact<int64_t>())
    return fmt::format("{}", *x);
  if (auto x = node.value_exact<double>())
    return fmt::format("{}", *x);
  const auto* list = node.as_array();
  if (!list)
    return {};
  std::string joined;
  for (const auto& item : *list) {
    auto text = item.value_exact<std::string>();
    if (!text || text->find(',') != text->npos)
      return {};
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

/// A number for a text, or a text for a truth value, is a slip worth naming.
bool is_fitting(const option& o, const toml::node& node) {
  if (std::holds_alternative<std::string*>(o.value) ||
      std::holds_alternative<sealed_text*>(o.value))
    return node.is_string();
  if (std::holds_alternative<bool*>(o.value))
    return node.is_boolean() || node.is_string();
  if (std::holds_alternative<int64_t*>(o.value))
    return node.is_integer();
  if (std::holds_alternative<std::vector<std::string>*>(o.value))
    return node.is_array() || node.is_string();
  return !node.is_array() && !node.is_boolean();
}

std::string_view kind_of(const option& o) {
  constexpr std::string_view names[] = {"true or false",
                                        "an integer",
                                        "a number",
                                        "a text in quotes",
                                        "a list of texts",
                                        "a text in quotes",
                                        "a duration",
                                        "a size",
                                        "a text HOST:PORT"};
  return names[o.value.index()];
}

class loader {
public:
  explicit loader(config& c) : options_(options_of(c)) {}

  expected<void> read_file(const std::string& file) {
    file_ = file;
    try {
      auto document = toml::parse_file(file);
      return read_table(document, "");
    } catch (const toml::parse_error& e) {
      auto line = e.source().begin.line;
      auto reason = std::string{e.description()};
      return fail(ec::bad_request,
                  line == 0 ? fmt::format("{}: cannot be read: {}", file, reason)
                            : fmt::format("{}:{}: {}", file, line, reason));
    }
  }

  expected<void> set(const std::string& assignment) {
    auto equals = assignment.find('=');
    if (equals == assignment.npos || equals == 0)
      return fail(ec::bad_request, "--set: must be section.key=value");
    auto name = assignment.substr(0, equals);
    const auto* o = find(name);
    if (!o)
      return wrong("--set", name, "unknown key");
    return assign(*o, assignment.substr(equals + 1), "--set");
  }

  const origins& where() const { return where_; }

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
      else if (section.empty() && node.is_table() && is_section(name))
        done = read_table(*node.as_table(), name);
      else
        done = wrong(at, name, node.is_table() ? "unknown section" : "unknown key");
      if (!done)
        return done;
    }
    return {};
  }

  expected<void> read_value(const option& o, const toml::node& node, const std::string& at) {
    auto text = is_fitting(o, node) ? text_of(node) : std::nullopt;
    if (!text)
      return wrong(at, o.name(), fmt::format("must be {}", kind_of(o)));
    return assign(o, *text, at);
  }

  expected<void> assign(const option& o, std::string_view text, const std::string& at) {
    auto done = set_option(o, text).and_then([&] { return check_option(o); });
    if (!done)
      return wrong(at, o.name(), done.error().detail);
    where_[o.name()] = at;
    return {};
  }

  std::string file_;
  std::vector<option> options_;
  origins where_;
};

/// Rules that span options. The reason names the option that the user has to look at.
expected<void> check_together(const config& c, const origins& where) {
  auto blame = [&](const std::string& key, std::string_view reason) {
    auto it = where.find(key);
    return wrong(it == where.end() ? "configuration" : it->second, key, reason);
  };
  if (c.data_dir.empty())
    return blame("data_dir", "must not be empty");
  if (c.tls.certificate.empty() != c.tls.key.empty())
    return blame(c.tls.key.empty() ? "tls.certificate" : "tls.key",
                 "tls.certificate and tls.key go together");
  if ((c.auth.scrypt_n & (c.auth.scrypt_n - 1)) != 0)
    return blame("auth.scrypt_n", "must be a power of two");
  if (c.auth.session_idle > c.auth.session_absolute)
    return blame("auth.session_idle", "must not be longer than auth.session_absolute");
  if (!c.storage.password.text.empty() && !c.storage.password_file.empty())
    return blame("storage.password", "goes without storage.password_file");
  if (c.storage.engine == "mariadb" && c.storage.socket.empty() && c.storage.host.empty())
    return blame("storage.host", "mariadb needs storage.socket or storage.host");
  if (c.samples.source == "prometheus" && c.prometheus.url.empty())
    return blame("samples.source", "prometheus needs prometheus.url");
  if (!c.prometheus.url.empty() && !c.prometheus.url.starts_with("http://") &&
      !c.prometheus.url.starts_with("https://"))
    return blame("prometheus.url", "must begin with http:// or https://");
  if (c.check.sample_period.ms % 1000 != 0)
    return blame("check.sample_period", "must be whole seconds");
  return {};
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

expected<config> load_config(const std::string& file, const std::vector<std::string>& overrides) {
  config c;
  loader load{c};
  if (!file.empty())
    if (auto done = load.read_file(file); !done)
      return fail(std::move(done.error()));
  for (const auto& assignment : overrides)
    if (auto done = load.set(assignment); !done)
      return fail(std::move(done.error()));
  if (auto done = check_together(c, load.where()); !done)
    return fail(std::move(done.error()));
  return c;
}

std::string default_toml() {
  config c;
  return "# Configuration of aops-node: every option with its default. An unknown key is an "
         "error.\n"
         "# Durations are seconds (15) or texts (\"500ms\", \"15s\", \"5m\", \"2h\", \"7d\"), "
         "sizes are bytes or texts\n"
         "# (\"64KiB\", \"8MiB\", \"10GB\"). `aops-node --set section.key=value` overrides a line "
         "of this file.\n\n" +
         print(options_of(c), true);
}

std::string to_toml(const config& c) {
  auto copy = c;
  return print(options_of(copy), false);
}

aops::log::log_config log_settings(const config& c) {
  return {aops::log::parse_level(c.log.level).value_or(aops::log::level::info),
          c.log.format == "json" ? aops::log::format::json : aops::log::format::text,
          c.log.file,
          static_cast<size_t>(c.log.max_bytes.bytes),
          static_cast<size_t>(c.log.max_files)};
}

expected<sealed_text> storage_password(const config& c) {
  const auto& path = c.storage.password_file;
  if (path.empty())
    return c.storage.password;
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0)
    return wrong(path, "storage.password_file", "cannot be read");
  if ((about.st_mode & 0077) != 0)
    return wrong(path, "storage.password_file", "must be readable by its owner only (chmod 600)");
  std::ifstream file{path};
  sealed_text password;
  if (!std::getline(file, password.text))
    return wrong(path, "storage.password_file", "cannot be read or is empty");
  return password;
}

} // namespace aops::base
