#include "runtime/base/queue_figures.hpp"

namespace aops::base {

/// Of one class.
struct queue_figures::figures {
  figures(urgency of_class, metrics::labels with)
      : what(of_class),
        waiting(metrics::gauge_of("aops_queue_waiting", "Requests that wait.", with)),
        oldest(metrics::gauge_of(
          "aops_queue_oldest_seconds", "How long the one that came first has waited.", with)) {
    for (auto why : all_refusals) {
      with["reason"] = name_of(why);
      refused.push_back(
        metrics::counter_of("aops_queue_refused_total",
                            "Requests refused, or dropped because nobody waited any more.",
                            with));
    }
  }

  void show(const queue_standing& now) {
    waiting.set(static_cast<double>(now.waiting));
    oldest.set(static_cast<double>(now.oldest_ms) / 1000);
    for (size_t i = 0; i < refused.size(); ++i)
      refused[i].add(static_cast<double>(now.refused[i] - std::exchange(shown[i], now.refused[i])));
  }

  urgency what;
  metrics::gauge waiting, oldest;
  std::vector<metrics::counter> refused; ///< By reason.
  std::array<uint64_t, all_refusals.size()> shown{};
};

queue_figures::queue_figures(std::string queue, std::vector<urgency> classes, look standing)
    : refresher_([queue = std::move(queue),
                  classes = std::move(classes),
                  standing = std::move(standing),
                  all = std::vector<figures>{}]() mutable {
        if (all.empty())
          for (auto what : classes)
            all.emplace_back(
              what, metrics::labels{{"queue", queue}, {"class", std::string{name_of(what)}}});
        for (auto& x : all)
          x.show(standing(x.what));
      }) {}

} // namespace aops::base
