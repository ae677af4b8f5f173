#pragma once

#include "messages/check.hpp"
#include "messages/error.hpp"
#include "runtime/base/config.hpp"
#include "runtime/base/health.hpp"
#include "runtime/core/plugin/plugin_lines.hpp"
#include "runtime/io/plugin/line_program.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace aops::actors {

/// The programs of `[plugins.NAME]`. Any thread.
class plugin_pool {
public:
  /// Starts them; that one cannot be started, or does not answer, is told in `health` under `plugin
  /// NAME` and by whatever is asked of it. ec::internal when the system has no thread left.
  static expected<std::shared_ptr<plugin_pool>> start(const std::vector<base::plugin_program>& all,
                                                      std::shared_ptr<base::health> health);

  plugin_pool() = default;
  ~plugin_pool() { stop(); }
  plugin_pool(const plugin_pool&) = delete;
  plugin_pool& operator=(const plugin_pool&) = delete;
  /// Ends all programs: what is asked fails from now on, and nothing is called any more.
  void stop() const;

  /// Why this node cannot take a rule at present, with the field: `plugin: ewma: was ended by
  /// signal 9`, `condition: alfa: unknown parameter; …`. Empty: it can, or no program judges it.
  std::string why_not(const check_rule& rule) const;

  /// By name, and why each does not serve; empty: it does.
  std::vector<std::pair<std::string, std::string>> problems() const;

  using learned = std::function<void(expected<void>)>;
  using judged = std::function<void(expected<plugin::judged_batch>)>;
  /// `then` comes from any thread, as `line_program::ask` says; ec::not_found: there is no such
  /// plug-in here.
  void learn(const std::string& name,
             const plugin::sent_batch& batch,
             std::chrono::milliseconds patience,
             learned then) const;
  void judge(const std::string& name,
             std::shared_ptr<const plugin::sent_batch> batch,
             std::chrono::milliseconds patience,
             judged then) const;

private:
  struct described {
    std::mutex mutex;
    plugin::description is;
  };
  struct one {
    std::shared_ptr<described> about;
    std::unique_ptr<line_programs::line_program> program;
  };
  const one* find(const std::string& name) const;

  std::map<std::string, one> all_;
};

} // namespace aops::actors
