#include "runtime/io/ansible/event_reader.hpp"

#include <cstdlib>

using namespace aops;

/// Any bytes are read without a crash, in pieces as at once, and nothing that is told shows a
/// secret.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ansible::play_order order = [] {
    ansible::play_order x;
    x.run = "fuzz";
    x.event_bytes = 64;
    x.keeps_results = true;
    x.hosts.emplace_back();
    x.hosts[0].id = "h1";
    x.secrets.push_back({"secret7"});
    return x;
  }();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ansible::event_reader whole{order}, torn{order};
  auto all = whole.read(text);
  auto some = torn.read(text.substr(0, size / 2));
  for (auto& event : torn.read(text.substr(size / 2)))
    some.push_back(std::move(event));
  bool same = all.size() == some.size();
  for (size_t i = 0; same && i < all.size(); ++i) {
    same = all[i].message == some[i].message && all[i].number == some[i].number;
    for (const auto* shown : {&all[i].action, &all[i].message, &all[i].output})
      if (shown->find("secret7") != std::string::npos)
        std::abort();
  }
  if (!same)
    std::abort();
  return 0;
}
