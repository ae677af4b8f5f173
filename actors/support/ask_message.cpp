#include "actors/support/ask_message.hpp"

#include "messages/caf_error.hpp"
#include "messages/cluster.hpp"
#include "messages/names.hpp"
#include "runtime/core/schedule/slot.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

using continuation = std::function<void(expected<caf::message>)>;

expected<caf::message> answer_of(const caf::type_erased_tuple& content) {
  if (content.match_elements<caf::error>())
    return fail(from_caf(content.get_as<caf::error>(0)));
  return caf::message::copy(content);
}

/// Takes an answer of any type: CAF's handlers match fixed types only.
class any_answer final : public caf::detail::behavior_impl {
public:
  explicit any_answer(continuation then) : then_(std::move(then)) {}

  caf::match_case::result invoke_empty(caf::detail::invoke_result_visitor&) override {
    return take(caf::message{});
  }
  caf::match_case::result invoke(caf::detail::invoke_result_visitor&,
                                 caf::type_erased_tuple& content) override {
    return take(answer_of(content));
  }

private:
  caf::match_case::result take(expected<caf::message> answer) {
    if (auto then = std::exchange(then_, nullptr))
      then(std::move(answer));
    return caf::match_case::match;
  }

  continuation then_;
};

parcel packed(std::string to, std::chrono::milliseconds patience, caf::message body) {
  parcel x;
  x.to = std::move(to);
  x.patience_ms = patience.count();
  x.body = std::move(body);
  return x;
}

parcel to_entity(std::string_view id,
                 std::string name,
                 std::chrono::milliseconds patience,
                 caf::message body) {
  auto x = packed(std::move(name), patience, std::move(body));
  x.slot = schedule::slot_of(id);
  return x;
}

parcel
to_node(std::string node, std::string name, std::chrono::milliseconds patience, caf::message body) {
  auto x = packed(std::move(name), patience, std::move(body));
  x.node = std::move(node);
  return x;
}

expected<caf::message> unpacked(expected<caf::message> answer) {
  if (!answer)
    return answer;
  if (!answer->match_elements<parcel>())
    return fail(ec::internal, "the router answered no parcel");
  return std::move(answer->get_mutable_as<parcel>(0).body);
}

void ask(caf::scheduled_actor* self, const directory& names, parcel x, continuation then) {
  std::chrono::milliseconds deadline{x.patience_ms};
  auto router = names.find(router_name);
  if (!router)
    return ask_message(self, names.find(x.to), deadline, std::move(x.body), std::move(then));
  ask_message(
    self,
    router,
    deadline,
    caf::make_message(std::move(x)),
    [then = std::move(then)](expected<caf::message> answer) { then(unpacked(std::move(answer))); });
}

expected<caf::message> call(caf::actor_system& system, const directory& names, parcel x) {
  std::chrono::milliseconds deadline{x.patience_ms};
  if (auto router = names.find(router_name))
    return unpacked(call_message(system, router, deadline, caf::make_message(std::move(x))));
  auto whom = names.find(x.to);
  if (!whom)
    return fail(ec::unreachable, x.to + " is down");
  return call_message(system, whom, deadline, std::move(x.body));
}

/// How long news may wait for their receiver.
constexpr std::chrono::seconds patience_of_news{5};

void tell(const directory& names, parcel x) {
  x.is_one_way = true;
  auto send = [](const caf::strong_actor_ptr& whom, caf::message news) {
    if (whom)
      whom->enqueue(nullptr, caf::make_message_id(), std::move(news), nullptr);
  };
  if (auto router = names.find(router_name))
    send(router, caf::make_message(std::move(x)));
  else
    send(names.find(x.to), std::move(x.body));
}

} // namespace

void ask_message(caf::scheduled_actor* self,
                 const caf::strong_actor_ptr& whom,
                 std::chrono::milliseconds deadline,
                 caf::message request,
                 std::function<void(expected<caf::message>)> then) {
  if (!whom)
    return then(fail(ec::unreachable, "no such actor"));
  auto id = self->new_request_id(caf::message_priority::normal);
  caf::behavior handler{
    caf::behavior::impl_ptr{caf::make_counted<any_answer>(std::move(then)).release(), false}};
  self->add_multiplexed_response_handler(id.response_id(), std::move(handler));
  whom->enqueue(self->ctrl(), id, std::move(request), self->context());
  self->request_response_timeout(caf::duration{deadline}, id);
}

void ask_entity_message(caf::scheduled_actor* self,
                        const directory& names,
                        std::string_view entity_id,
                        std::string name,
                        std::chrono::milliseconds deadline,
                        caf::message request,
                        std::function<void(expected<caf::message>)> then) {
  ask(self,
      names,
      to_entity(entity_id, std::move(name), deadline, std::move(request)),
      std::move(then));
}

void ask_node_message(caf::scheduled_actor* self,
                      const directory& names,
                      std::string node,
                      std::string name,
                      std::chrono::milliseconds deadline,
                      caf::message request,
                      std::function<void(expected<caf::message>)> then) {
  ask(self,
      names,
      to_node(std::move(node), std::move(name), deadline, std::move(request)),
      std::move(then));
}

expected<caf::message> call_entity(caf::actor_system& system,
                                   const directory& names,
                                   std::string_view entity_id,
                                   std::string name,
                                   std::chrono::milliseconds deadline,
                                   caf::message request) {
  return call(system, names, to_entity(entity_id, std::move(name), deadline, std::move(request)));
}

expected<caf::message> call_node(caf::actor_system& system,
                                 const directory& names,
                                 std::string node,
                                 std::string name,
                                 std::chrono::milliseconds deadline,
                                 caf::message request) {
  return call(
    system, names, to_node(std::move(node), std::move(name), deadline, std::move(request)));
}

void tell_entity(const directory& names,
                 std::string_view entity_id,
                 std::string name,
                 caf::message news) {
  tell(names, to_entity(entity_id, std::move(name), patience_of_news, std::move(news)));
}

void tell_node(const directory& names, std::string node, std::string name, caf::message news) {
  tell(names, to_node(std::move(node), std::move(name), patience_of_news, std::move(news)));
}

void tell_all_nodes(const directory& names, std::string name, caf::message news) {
  tell_node(names, std::string{every_node}, std::move(name), std::move(news));
}

} // namespace aops::actors
