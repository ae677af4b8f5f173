#pragma once

#include "actors/logs/line_store.hpp"

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace aops::tests {

/// The embedded store, whose answers are waited for: the fixture has one thread.
class awaited_lines final : public actors::line_store {
public:
  std::function<void()> when_stored = [] {}; ///< Before it is told.

  explicit awaited_lines(std::shared_ptr<actors::line_store> inner) : inner_(std::move(inner)) {}
  expected<void> take(const std::string& host,
                      std::vector<logs::record> lines,
                      int64_t now_ns,
                      std::function<void(expected<actors::lines_stored>)> then) override {
    std::promise<expected<actors::lines_stored>> told;
    auto taken =
      inner_->take(host, std::move(lines), now_ns, [&](expected<actors::lines_stored> x) {
        told.set_value(std::move(x));
      });
    if (taken) {
      auto stored = told.get_future().get();
      when_stored();
      then(std::move(stored));
    }
    return taken;
  }
  expected<actors::lines_had> find(const actors::lines_wanted& what) override {
    return inner_->find(what);
  }
  expected<actors::lines_counted> count(const actors::lines_wanted& what,
                                        logs::buckets& to) override {
    return inner_->count(what, to);
  }
  expected<void> tidy(int64_t now_ns) override { return inner_->tidy(now_ns); }

private:
  std::shared_ptr<actors::line_store> inner_;
};

} // namespace aops::tests
