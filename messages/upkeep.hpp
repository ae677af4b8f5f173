#pragma once

#include "messages/describe.hpp"
#include "messages/values.hpp"
#include "messages/wire.hpp"

#include <string>
#include <vector>

/// What operators look at and see to: the configuration in force, and backups.
namespace aops {

/// GET /manage/config/effective
struct config_query {};
#define AOPS_FIELDS_config_query(F)
AOPS_MESSAGE(config_query)

struct option_in_force {
  std::string option, value, unit, doc;
  bool is_default = true;
};
#define AOPS_FIELDS_option_in_force(F)                                                             \
  F(option, required(), "Its name, `section.key`.")                                                \
  F(value, required(), "As TOML; of a secret that is set `\"<sealed>\"`.")                         \
  F(is_default, required(), "Whether it is what it is without being set.")                         \
  F(unit, required().additive(), "Unit and range.")                                                \
  F(doc, required(), "What it means.")
AOPS_MESSAGE(option_in_force)

struct config_in_force {
  std::string node;
  std::vector<option_in_force> options;
};
#define AOPS_FIELDS_config_in_force(F)                                                             \
  F(node, required(), "Id of the node whose configuration this is.")                               \
  F(options, required(), "All options, in the order of `etc/aops.toml`.")
AOPS_MESSAGE(config_in_force)

/// GET /manage/backup/list
struct backups_query {};
#define AOPS_FIELDS_backups_query(F)
AOPS_MESSAGE(backups_query)

struct backup_row {
  std::string file;
  moment created;
  int64_t bytes = 0;
};
#define AOPS_FIELDS_backup_row(F)                                                                  \
  F(file, required(), "Its path on that node.")                                                    \
  F(created, required(), "When it was begun.")                                                     \
  F(bytes, required(), "Its size.")
AOPS_MESSAGE(backup_row)

struct node_backups {
  std::string node, error, directory, window;
  bool is_writing = false;
  std::string last_failure;
  std::vector<backup_row> backups;
};
#define AOPS_FIELDS_node_backups(F)                                                                \
  F(node, required(), "Id of the node.")                                                           \
  F(error, required().additive(), "Why it did not tell.")                                          \
  F(directory, required().additive(), "Where it keeps backups; absent: it keeps none.")            \
  F(window, required().additive(), "When one is made each day, by the clock of the node.")         \
  F(is_writing, required(), "Whether one is being written.")                                       \
  F(last_failure, required().additive(), "Why the last one could not be written.")                 \
  F(backups, required(), "The oldest first.")
AOPS_MESSAGE(node_backups)

struct backups_page {
  int64_t code = 200; ///< 206: a node did not tell.
  std::vector<node_backups> nodes;
};
#define AOPS_FIELDS_backups_page(F)                                                                \
  F(code, internal(), "")                                                                          \
  F(nodes, required(), "By id.")
AOPS_MESSAGE(backups_page)

/// To one node.
struct node_backups_query {};
#define AOPS_FIELDS_node_backups_query(F)
AOPS_MESSAGE(node_backups_query)

/// POST /manage/backup/start
struct backup_to_start {};
#define AOPS_FIELDS_backup_to_start(F)
AOPS_MESSAGE(backup_to_start)

struct backup_started {
  std::string node, file;
};
#define AOPS_FIELDS_backup_started(F)                                                              \
  F(node, required(), "Id of the node that writes it: the one that was asked.")                    \
  F(file, required(), "Its path there once it is whole.")
AOPS_MESSAGE(backup_started)

} // namespace aops
