// Any bytes as a request body: read, refused with a reason, or written so that it reads back the
// same.
#include "messages/check.hpp"
#include "messages/diag.hpp"
#include "runtime/base/json_codec.hpp"

#include <cstdlib>

using namespace aops;

namespace {

template <class T>
void read_and_write(const base::json& document) {
  auto x = base::decode<T>(document);
  if (!x) {
    if (x.error().code != ec::bad_request || x.error().detail.empty())
      std::abort();
    return;
  }
  auto written = base::encode(*x);
  for (auto it = written.begin();
       it != written.end();) // An unset `maybe` is null in replies, absent in requests.
    it = it->is_null() ? written.erase(it) : std::next(it);
  auto again = base::decode<T>(written);
  if (!again || base::encode(*again) != base::encode(*x))
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  auto document = base::parse_json({reinterpret_cast<const char*>(bytes), size});
  if (!document)
    return 0;
  read_and_write<check_rule>(*document);
  read_and_write<trees_to_import>(*document);
  read_and_write<diag_to_execute>(*document);
  read_and_write<reports_query>(*document);
  return 0;
}
