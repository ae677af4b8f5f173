#include "cli/agent/agent.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/memory.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <malloc.h>
#include <unistd.h>

using namespace aops;

namespace {

constexpr const char* usual_config = "/etc/aops/agent.toml";

std::string joined(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& x : all)
    out += (out.empty() ? "" : ",") + x;
  return out;
}

int complain(std::string_view what) {
  for (;;) {
    auto line = what.substr(0, what.find('\n'));
    std::fprintf(stderr, "aops-agent: %.*s\n", static_cast<int>(line.size()), line.data());
    if (line.size() == what.size())
      return agent::exit_usage;
    what.remove_prefix(line.size() + 1);
  }
}

/// A look takes some memory for a moment, every few seconds: it goes back each time.
void keep_memory_small() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
  ::mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

} // namespace

int main(int argc, char** argv) {
  keep_memory_small();
  base::keep_memory_private();
  std::string config, token_file, ca, period, listen;
  std::vector<std::string> url, exclude;
  bool is_once = false, shows_default = false;
  CLI::App app{"Tells aops which process of this host talks to whom, and how well."};
  app.add_option("--config", config, "TOML file; else /etc/aops/agent.toml when it is there")
    ->type_name("FILE");
  app.add_option("--url", url, "a node, may be repeated: the next one when one does not answer")
    ->type_name("URL");
  app.add_option("--token-file", token_file, "file with the token of this host, of mode 0600")
    ->type_name("FILE");
  app.add_option("--ca", ca, "file with the authority of the nodes' certificates")
    ->type_name("FILE");
  app.add_option("--period", period, "how often this host is looked at")->type_name("DURATION");
  app
    .add_option(
      "--exclude", exclude, "a process, an address or a network not to tell of, may be repeated")
    ->type_name("WHAT");
  app.add_option("--listen", listen, "where GET /metrics answers; port 0 picks a free one")
    ->type_name("HOST:PORT");
  app.add_flag("--once", is_once, "look twice, a period apart, print what would be sent, and end");
  app.add_flag(
    "--default-config", shows_default, "print a configuration file with every option, and end");
  app.set_version_flag("--version", std::string{"aops-agent "} + AOPS_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0)
      return app.exit(e);
    std::fprintf(stderr, "aops-agent: %s\nRun `aops-agent --help` for the options.\n", e.what());
    return agent::exit_usage;
  }
  if (shows_default) {
    std::fputs(agent::default_agent_toml().c_str(), stdout);
    return agent::exit_ok;
  }
  if (config.empty() && ::access(usual_config, F_OK) == 0)
    config = usual_config;
  std::vector<std::string> overrides;
  auto give = [&](const char* key, const std::string& value) {
    if (!value.empty())
      overrides.push_back(std::string{key} + "=" + value);
  };
  give("url", joined(url));
  give("token_file", token_file);
  give("ca", ca);
  give("period", period);
  give("exclude", joined(exclude));
  give("listen", listen);
  auto loaded = agent::load_agent_config(config, overrides);
  if (!loaded)
    return complain(loaded.error().detail);
  log::log_config log;
  log.lowest = log::parse_level(loaded->log_level).value_or(log::level::info);
  if (auto good = log::init(log); !good)
    return complain(good.error().detail);
  if (is_once)
    return agent::print_once(*loaded);
  if (loaded->url.empty() && loaded->listen.host.empty())
    return complain("nobody is told: set url, listen, or both (aops-agent --help)");
  return agent::run(*loaded);
}
