#pragma once

#include "http/server/identity.hpp"
#include "messages/values.hpp"

namespace aops::http {

/// A service of ours: it acts for any user, whom it names in each request. Nobody's session is it.
caller service_caller();
/// Whether the caller is one, rather than a user.
bool is_service(const caller& who);

/// Services prove themselves by the one credential, in the header `Access-Token`.
class service_identity : public identity_provider {
public:
  explicit service_identity(sealed_text credential) : credential_(std::move(credential)) {}
  expected<identity> identify(const http_request& request) override;
  bool is_still_valid(const caller&) override { return true; }
  void forget(const caller&) override {}

private:
  sealed_text credential_;
};

} // namespace aops::http
