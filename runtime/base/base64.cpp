#include "runtime/base/base64.hpp"

#include <openssl/evp.h>

namespace aops::base {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

} // namespace

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0'); // The library ends it with a zero.
  EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

expected<std::string> from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3, '\0');
  size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  // The library passes over blanks around it, and then gives fewer bytes.
  if (text.size() % 4 != 0 || text.find('=') + padding < text.size() ||
      EVP_DecodeBlock(bytes_of(out), bytes_of(text), static_cast<int>(text.size())) !=
        static_cast<int>(out.size()))
    return fail(ec::bad_request, "must be base64");
  out.resize(out.size() - padding);
  return out;
}

} // namespace aops::base
