#pragma once

/// For types that travel between actors and never appear in JSON: one line after the struct, in its
/// namespace, names all of its members in their order.
///
///     struct watch_job {
///       std::string job, node;
///     };
///     AOPS_WIRE(watch_job, job, node)
///
/// It expands to a plain `inspect`. A member that is forgotten does not compile. On CAF's wire a
/// field is its position: a reordered or extended type is another one.
#define AOPS_WIRE(type, ...)                                                                       \
  template <class Inspector>                                                                       \
  typename Inspector::result_type inspect(Inspector& aops_inspector, type& aops_value) {           \
    auto& [__VA_ARGS__] = aops_value;                                                              \
    return aops_inspector(__VA_ARGS__);                                                            \
  }
