#include "actors/host/scraper.hpp"

#include "actors/support/prepare.hpp"

#include <caf/all.hpp>

namespace aops::actors {

scraper_actor::behavior_type
scraper(scraper_actor::stateful_pointer<checked_state<scraper_state>> self,
        net::http_multi_options options) {
  prepare(self);
  auto http = net::http_multi::start(std::move(options));
  if (!http) {
    self->quit(to_caf(http.error()));
    return scraper_actor::behavior_type::make_empty_behavior();
  }
  self->state.http = std::move(*http);
  return {
    [self](fetch_order& order) -> caf::result<fetched> {
      foreign_promise<fetched> promise{self};
      auto taken = self->state.http->submit(std::move(order.what), [promise](net::reply reply) {
        promise.answer(fetched{std::make_shared<net::reply>(std::move(reply))});
      });
      if (!taken)
        promise.fail(taken.error());
      return promise;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
