#pragma once

#include "tests/support/process.hpp"

#include <fstream>
#include <memory>
#include <stdexcept>

namespace aops::tests {

/// A real Prometheus on a free port of 127.0.0.1 with a data folder of its own, until the end of
/// the scope.
class prometheus_server {
public:
  struct setup {
    /// OpenMetrics text with time stamps in seconds that becomes its history, ending in `# EOF`;
    /// may be empty. Old samples stay: retention is ten years.
    std::string history;
    std::vector<std::string> targets; ///< `IP:port` of exporters to scrape.
    std::string scrape_interval = "1s";
    std::vector<std::string> flags; ///< Further command line options.
  };

  prometheus_server() : prometheus_server(setup{}) {}

  explicit prometheus_server(const setup& how) {
    write("prometheus.yml", configuration(how));
    if (!how.history.empty())
      import(how.history);
    for (int attempt = 0; attempt < 3; ++attempt)
      if (start(how))
        return;
    throw std::runtime_error("prometheus does not start: " + process_->errors());
  }

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  process& child() { return *process_; }

  /// The raw answer to a query, for independent checks: `path` such as `/api/v1/query?query=up`.
  std::string get(const std::string& path) const { return http_get("127.0.0.1", port_, path); }

private:
  static std::string configuration(const setup& how) {
    std::string text = "global: {scrape_interval: " + how.scrape_interval +
                       ", scrape_timeout: " + how.scrape_interval + "}\n";
    if (how.targets.empty())
      return text;
    text += "scrape_configs:\n- job_name: node\n  static_configs:\n  - targets: [";
    for (const auto& target : how.targets)
      text += "'" + target + "',";
    text.back() = ']';
    return text + "\n";
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  void import(const std::string& history) const {
    write("history.txt", history);
    run({"promtool",
         "tsdb",
         "create-blocks-from",
         "openmetrics",
         folder_ / "history.txt",
         folder_ / "data"});
  }

  bool start(const setup& how) {
    port_ = free_port();
    std::vector<std::string> argv = {"prometheus",
                                     "--config.file=" + (folder_ / "prometheus.yml"),
                                     "--storage.tsdb.path=" + (folder_ / "data"),
                                     "--storage.tsdb.retention.time=10y",
                                     "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                                     "--log.level=warn"};
    argv.insert(argv.end(), how.flags.begin(), how.flags.end());
    process_ = std::make_unique<process>(argv);
    bool ready = false;
    return eventually(
             [&] {
               ready = accepts_connections("127.0.0.1", port_) && !get("/-/ready").empty();
               return ready || !process_->running();
             },
             std::chrono::seconds{60}) &&
           ready;
  }

  temp_folder folder_; // Before the process: it must outlive it.
  uint16_t port_ = 0;
  std::unique_ptr<process> process_;
};

} // namespace aops::tests
