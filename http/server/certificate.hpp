#pragma once

#include "messages/error.hpp"

#include <string>
#include <vector>

namespace aops::http {

/// PEM files of a server.
struct certificate_files {
  std::string certificate, key;
};

/// `http.crt` and `http.key` in a folder: a self-signed certificate (EC P-256, 10 years) for
/// localhost, 127.0.0.1, ::1 and `names`, made when one of the files is missing or the certificate
/// has expired. Both have mode 0600.
/// @param folder Made with mode 0700 when missing. ec::internal when it cannot be written.
expected<certificate_files> self_signed_certificate(const std::string& folder,
                                                    const std::vector<std::string>& names);

/// SHA-256 over the DER form of the first certificate in a PEM file, as hex: what `aops login`
/// pins.
expected<std::string> certificate_fingerprint(const std::string& file);

} // namespace aops::http
