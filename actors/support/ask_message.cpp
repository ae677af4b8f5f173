#include "actors/support/ask_message.hpp"

#include "messages/caf_error.hpp"
#include "messages/caf_inside.hpp"
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
  if (!router) {
    auto whom = names.find(x.to);
    if (!whom)
      return then(fail(down_error(x.to)));
    return ask_message(self, whom, deadline, std::move(x.body), std::move(then));
  }
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
    return fail(down_error(x.to));
  return call_message(system, whom, deadline, std::move(x.body));
}

/// How long news may wait for their receiver.
constexpr std::chrono::seconds patience_of_news{5};

void tell(const directory& names, parcel x) {
  x.is_one_way = true;
  if (names.find(router_name))
    tell_message(names, router_name, caf::make_message(std::move(x)));
  else
    tell_message(names, x.to, std::move(x.body));
}

} // namespace

void ask_content(caf::scheduled_actor* self,
                 const caf::strong_actor_ptr& whom,
                 std::chrono::milliseconds deadline,
                 caf::message request,
                 std::function<void(caf::type_erased_tuple&)> take,
                 errand with) {
  if (!whom) {
    auto none = caf::make_message(refuse(ec::unreachable, "no such actor"));
    return take(none);
  }
  auto id = self->new_request_id(caf::message_priority::normal);
  // CAF leaves the deadline of a request on its clock when the answer has come, and wakes the asker
  // when it has passed, for nothing.
  auto answered = [self, id, take = std::move(take)](caf::type_erased_tuple& content) {
    self->clock().cancel_request_timeout(self, id.response_id());
    take(content);
  };
  self->add_multiplexed_response_handler(id.response_id(),
                                         caf_inside::any_answer::handler(std::move(answered)));
  enqueue(
    whom, self->ctrl(), id, std::move(request), std::move(with.within(deadline)), self->context());
  self->request_response_timeout(caf::duration{deadline}, id);
}

void ask_message(caf::scheduled_actor* self,
                 const caf::strong_actor_ptr& whom,
                 std::chrono::milliseconds deadline,
                 caf::message request,
                 std::function<void(expected<caf::message>)> then,
                 errand with) {
  auto take = [then = std::move(then)](caf::type_erased_tuple& content) {
    then(answer_of(content));
  };
  ask_content(self, whom, deadline, std::move(request), std::move(take), std::move(with));
}

bool tell_message(const directory& names, std::string_view name, caf::message news) {
  auto whom = names.find(name);
  if (whom)
    whom->enqueue(nullptr, caf::make_message_id(), std::move(news), nullptr);
  return !!whom;
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
