#pragma once

#include "messages/error.hpp"

#include <string_view>

namespace aops::vault {

/// Whether ssh can use this text as a private key without asking anybody: PEM of a private key that
/// no passphrase locks. ec::bad_request with what is wrong, never with the text.
expected<void> check_private_key(std::string_view pem);

} // namespace aops::vault
