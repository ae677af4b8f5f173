#include "actors/support/errand.hpp"

#include "runtime/base/clock.hpp"

#include <caf/all.hpp>

namespace aops::actors {

namespace {

/// A message in a mailbox with its errand. Elsewhere than in a mailbox it cannot travel: CAF's wire
/// and its promises know messages only.
class errand_element final : public caf::mailbox_element {
public:
  errand_element(caf::strong_actor_ptr sender,
                 caf::message_id id,
                 caf::message content,
                 errand with)
      : mailbox_element(std::move(sender), id, {}), with_(std::move(with)),
        content_(std::move(content)) {}

  caf::type_erased_tuple& content() override {
    return content_.empty() ? nothing_ : content_.content();
  }
  const caf::type_erased_tuple& content() const override {
    return content_.empty() ? nothing_ : content_.content();
  }
  caf::message move_content_to_message() override { return std::move(content_); }
  caf::message copy_content_to_message() const override { return content_; }

  const errand& with() const { return with_; }

private:
  errand with_;
  caf::message content_;
  caf::empty_type_erased_tuple nothing_;
};

} // namespace

errand& errand::within(std::chrono::milliseconds patience) {
  due_ms = base::system_time().steady_ms() + patience.count();
  return *this;
}

bool errand::is_late() const {
  return due_ms != base::never_ms && base::system_time().steady_ms() >= due_ms;
}

errand errand_of(caf::local_actor* self) {
  const auto* element = dynamic_cast<const errand_element*>(self->current_mailbox_element());
  return element ? element->with() : errand{};
}

void enqueue(const caf::strong_actor_ptr& whom,
             caf::strong_actor_ptr sender,
             caf::message_id id,
             caf::message content,
             errand with,
             caf::execution_unit* host) {
  auto* element = new errand_element(std::move(sender), id, std::move(content), std::move(with));
  whom->enqueue(caf::mailbox_element_ptr{element}, host);
}

} // namespace aops::actors
