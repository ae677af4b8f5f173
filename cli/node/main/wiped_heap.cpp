/// What this program gives back to the heap is wiped first. Passwords, vault keys and tokens of
/// sessions pass through many hands: bodies of requests, documents, messages between actors, rows
/// for the store. Each copies them, and whoever could read the memory of the process would find
/// them long after the session has ended. To wipe them one by one would take care in every place
/// that a text passes; here it is one place. See docs/reference/rest.md#host-credentials.

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

namespace {

void wipe_and_free(void* memory) noexcept {
  if (memory == nullptr)
    return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

} // namespace

void operator delete(void* memory) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  wipe_and_free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  wipe_and_free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { wipe_and_free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { wipe_and_free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  wipe_and_free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  wipe_and_free(memory);
}
