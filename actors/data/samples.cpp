#include "actors/data/samples.hpp"

#include "actors/data/samples_read.hpp"
#include "actors/host/history_source.hpp"
#include "actors/host/line_reader.hpp"
#include "actors/host/prometheus_reader.hpp"
#include "actors/support/ask.hpp"
#include "actors/support/prepare.hpp"
#include "messages/names.hpp"
#include "messages/roles/host.hpp"
#include "messages/roles/logs.hpp"
#include "messages/roles/rounds.hpp"
#include "runtime/base/address.hpp"
#include "runtime/core/check/round_codec.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <caf/all.hpp>

#include <numeric>

namespace aops::actors {

namespace {

using samples_self = samples_actor::stateful_pointer<checked_state<samples_state>>;
using promise = caf::typed_response_promise<samples_found>;

/// How long the store may take for an hour of a host.
constexpr std::chrono::seconds portion_deadline{10};
constexpr int64_t portion_ms = 3600 * 1000;
constexpr size_t most_line_pages_of_host = 200;

/// Everything one request has to read, and how far that has come.
class reader : public std::enable_shared_from_this<reader> {
public:
  reader(samples_self self, const samples_to_get& asked, promise to)
      : self_(self), read_(asked), to_(std::move(to)) {}

  void find_hosts_of(const caller& who, bool of_all) {
    find_hosts wanted{of_all ? std::string{} : who.owner, {}, {}};
    if (of_all) {
      wanted.slots.resize(schedule::slot_count);
      std::iota(wanted.slots.begin(), wanted.slots.end(), uint16_t{0});
    } else if (who.owner.empty()) { // To the store that would mean something else.
      return begin({});
    }
    auto then = [me = shared_from_this(), who, of_all](expected<host_records> found) {
      if (!found)
        return me->answer(to_caf(found.error()));
      if (!of_all && who.groups)
        std::erase_if(found->hosts, [&](const host_record& x) {
          return std::find(who.groups->begin(), who.groups->end(), x.host_group_name) ==
                 who.groups->end();
        });
      me->begin(found->hosts);
    };
    ask<host_store_actor>(
      self_, names(), host_store_name, portion_deadline, std::move(then), std::move(wanted));
  }

private:
  const directory& names() const { return *self_->state.services->names; }

  void begin(const std::vector<host_record>& hosts) {
    read_.choose(hosts, self_->state.services->config->scrape.port);
    next();
  }

  /// The next host, or the answer.
  void next() {
    if (read_.is_done())
      return answer(read_.answer());
    if (!read_.asks_for_metrics())
      return read_logs();
    if (self_->state.services->scrapes())
      read_portion(read_.from_ms());
    else
      ask_prometheus();
  }

  void host_failed(const error& e) {
    read_.fail_host(e.detail.empty() ? to_string(e) : e.detail);
    next();
  }

  template <class T>
  void answer(T x) {
    --self_->state.under_way;
    to_.deliver(std::move(x));
  }

  void too_much() {
    answer(refuse(ec::bad_request,
                  "time_range: that is too much for one answer; ask for fewer hosts, less time or "
                  "fewer points at once"));
  }

  void read_portion(int64_t from_ms) {
    if (++portions_ > most_portions)
      return too_much();
    auto then = [me = shared_from_this()](expected<sample_rows> x) {
      if (!x)
        return me->host_failed(x.error());
      if (x->rows.empty())
        return me->read_logs();
      if (auto taken = me->take(*x); !taken)
        return me->host_failed(taken.error());
      if (me->read_.values() > most_values)
        return me->too_much();
      me->read_portion(x->rows.back().time_ms + 1);
    };
    ask<round_store_actor>(
      self_,
      names(),
      round_store_name,
      portion_deadline,
      std::move(then),
      samples_query{read_.host().host_id, from_ms, read_.until_ms(), portion_ms});
  }

  /// Lines, after the samples of a host.
  void read_logs() {
    lines_order order;
    order.items = read_.logs();
    if (order.items.empty())
      return finish_host();
    order.from_ms = read_.from_ms();
    order.until_ms = read_.until_ms() + 1;
    order.most_pages = most_line_pages_of_host;
    auto patience = self_->state.services->config->logs.search_timeout.chrono() + portion_deadline;
    caller who = owner_of(read_.host());
    who.user = who.owner; // Somebody waits for it.
    line_asker from;
    from.host_id = read_.host().host_id;
    from.clock = self_->state.services->clock;
    from.ask = [me = shared_from_this(), who, patience](
                 line_search what, std::function<void(expected<lines_found>)> then) {
      ask<host_logs_actor>(
        me->self_, me->names(), host_logs_name, patience, std::move(then), who, std::move(what));
    };
    auto each = [me = shared_from_this()](const std::vector<check::logged_line>& lines) {
      for (const auto& x : lines)
        if (me->read_.values() <= most_values && me->read_.text_bytes() <= most_text_bytes)
          me->read_.take(x);
    };
    auto finished = [me = shared_from_this()](expected<std::string> how) {
      if (!how) {
        const auto& e = how.error();
        me->read_.lack_lines(e.detail.empty() ? to_string(e) : e.detail);
        return me->finish_host();
      }
      if (me->read_.values() > most_values || me->read_.text_bytes() > most_text_bytes)
        return me->too_much();
      if (!how->empty())
        me->read_.lack_lines(*how);
      me->finish_host();
    };
    read_lines(std::move(from), std::move(order), std::move(each), std::move(finished));
  }

  void finish_host() {
    read_.finish_host();
    next();
  }

  expected<void> take(const sample_rows& x) {
    read_.know(x.series);
    for (const auto& row : x.rows) {
      auto round = check::decode_round(row.time_ms, row.blob);
      if (!round)
        return fail(std::move(round.error()));
      read_.take(*round);
    }
    return {};
  }

  void ask_prometheus() {
    const auto& c = *self_->state.services->config;
    auto wanted = std::make_shared<wanted_series>();
    wanted->matches = read_.matches();
    read_order order{instance_of(read_.host()),
                     base::with_port(read_.host().public_ip, c.scrape.port),
                     std::move(wanted),
                     read_.from_ms(),
                     read_.until_ms()};
    auto then = [me = shared_from_this()](expected<samples_read> x) {
      if (!x)
        return me->host_failed(x.error());
      for (const auto& series : *x->series)
        me->read_.take(series.key, series.points);
      if (me->read_.values() > most_values)
        return me->too_much();
      me->read_logs();
    };
    ask<prometheus_reader_actor>(self_,
                                 names(),
                                 prometheus_reader_name,
                                 2 * read_deadline(c),
                                 std::move(then),
                                 std::move(order));
  }

  samples_self self_;
  samples_request read_;
  promise to_;
  size_t portions_ = 0;
};

} // namespace

samples_actor::behavior_type samples(samples_self self, services_ptr services) {
  prepare(self);
  self->state.services = std::move(services);
  return {
    [self](const caller& who, const samples_to_get& x) -> caf::result<samples_found> {
      if (self->state.under_way >= most_readers)
        return refuse(ec::overloaded, "samples are being read for many; try again");
      ++self->state.under_way;
      auto to = self->make_response_promise<samples_found>();
      std::make_shared<reader>(self, x, to)->find_hosts_of(who, x.of_all);
      return to;
    },
    [](atom::ping) {},
  };
}

} // namespace aops::actors
