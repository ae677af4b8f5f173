#pragma once

#include "actors/store/store_access.hpp"
#include "runtime/io/archive/unpacked.hpp"

namespace aops::actors {

/// Where packages are unpacked on this node.
std::string package_cache(const base::config& config);

/// The folder of a package on this node, `roles` and `files` in it, unpacked at first use; those
/// that nobody asked for lately make room then. Blocks: for a thread of a pool. ec::bad_request
/// when the store has none of this digest; ec::corrupt when its bytes are not those of the digest.
expected<archive::unpacked_folder> package_folder(const store_access& store,
                                                  std::string_view digest);

} // namespace aops::actors
