#pragma once

#include "actors/store/store_access.hpp"
#include "messages/roles/template.hpp"

namespace aops::actors {

struct template_store_state {
  explicit template_store_state() = default;
  static inline const char* name = template_store_name.data();
  store_ptr store;
};

/// Keeps templates; refuses what no playbook can look like.
template_store_actor::behavior_type
template_store(template_store_actor::stateful_pointer<checked_state<template_store_state>> self,
               store_ptr store);

} // namespace aops::actors
