#include "actors/support/prepare.hpp"

#include "messages/caf_error.hpp"
#include "messages/supervision.hpp"
#include "runtime/base/log.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

std::string text_of(const std::exception_ptr& x) {
  try {
    std::rethrow_exception(x);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "not derived from std::exception";
  }
}

/// The names of the types, never the values: these may be anything, also secret.
std::string types_of(const caf::type_erased_tuple& content, const caf::actor_system& system) {
  std::string text = "(";
  for (size_t i = 0; i < content.size(); ++i) {
    text += i == 0 ? "" : ", ";
    if (content.match_element<caf::atom_value>(i))
      text += to_string(content.get_as<caf::atom_value>(i));
    else
      text += system.types().portable_name(content.type(i));
  }
  return text + ')';
}

caf::result<caf::message> answer_unknown(caf::scheduled_actor* self,
                                         const std::string& label,
                                         const caf::message_view& view) {
  if (view.content().match_elements<get_tree>()) {
    tree_status row;
    row.name = label;
    row.mailbox = static_cast<int64_t>(self->mailbox().size());
    return caf::make_message(std::move(row));
  }
  auto types = types_of(view.content(), self->system());
  log::warn("unexpected-message", "{} does not understand {}", label, types);
  return refuse(ec::internal, label + " does not understand " + types);
}

} // namespace

void prepare(caf::scheduled_actor* self, std::string text) {
  if (text.empty())
    text = self->name();
  // One text for all handlers: there are thousands of actors.
  auto label = std::make_shared<const std::string>(std::move(text));
  self->set_default_handler([label](caf::scheduled_actor* a, caf::message_view& view) {
    return answer_unknown(a, *label, view);
  });
  self->set_error_handler([label](caf::scheduled_actor*, caf::error& e) {
    log::warn("unhandled-error", "{} ignores an error: {}", *label, to_string(from_caf(e)));
  });
  self->set_exit_handler([](caf::scheduled_actor* a, caf::exit_msg& x) {
    if (x.reason)
      a->quit(std::move(x.reason));
  });
  self->set_down_handler([label](caf::scheduled_actor*, caf::down_msg& x) {
    log::warn("unhandled-down",
              "{} ignores the end of actor {}: {}",
              *label,
              x.source.id(),
              x.reason ? to_string(from_caf(x.reason)) : "normal");
  });
  self->set_exception_handler([label](caf::scheduled_actor*, std::exception_ptr& x) {
    auto what = text_of(x);
    log::error("actor-crashed", "{} ends by an exception: {}", *label, what);
    return crash(std::move(what));
  });
}

} // namespace aops::actors
