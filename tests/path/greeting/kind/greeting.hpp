#pragma once

#include "actors/jobs/job_kind.hpp"
#include "actors/store/store_access.hpp"
#include "http/routes/ask.hpp"
#include "runtime/io/storage/migration.hpp"

/// Greetings as a kind of job: what the lists of a node name of it.
namespace aops::tests {

actors::job_kind greeting_kind();
actors::child_spec greeting_store_child(const actors::store_ptr& store);
std::vector<http::route> greeting_routes(const http::node_port& port);
void add_greeting_types(caf::actor_system_config& config);

/// Comes after those of the product.
inline constexpr storage::migration greeting_migration{9000, "greeting", R"(
create table greeting (
  job bigint not null,
  number bigint not null,
  host varchar(64) not null,
  said varchar(300) not null,
  primary key (job, number)
);
)"};

} // namespace aops::tests
