#pragma once

#include "messages/diag.hpp"
#include "messages/job.hpp"
#include "messages/roles/role.hpp"
#include "messages/types/diag.hpp"
#include "messages/types/job.hpp"

namespace aops {

/// TREE STORE: each owner's fault trees.
using tree_store_actor = caf::typed_actor<
  // Stores the legal ones of these trees, a known name replaced; answered tree by tree, with
  // warnings. ec::bad_request when a name appears twice or a content is no object.
  asks<trees_to_import, trees_imported>,
  // The caller's trees by name; all without a name.
  asks<trees_query, trees_found>,
  // Deletes trees by name. Unknown names are ignored.
  asks<trees_to_delete, done>,
  // Trees by name with their digests, as a plan freezes them; unknown names are left out.
  answers<find_trees, tree_contents>,
  caf::reacts_to<atom::ping>>;

/// REPORT STORE: tasks, progress and reports as users ask for them.
using report_store_actor = caf::typed_actor<
  // How far each task is, in the order asked; an unknown one expects 0 reports.
  asks<progress_query, progress_found>,
  // A page of the caller's tasks.
  asks<tasks_query, tasks_page>,
  // A page of the caller's reports, without their content.
  asks<reports_query, reports_page>,
  // Reports with their content; unknown ids are left out.
  asks<report_list_query, reports_found>,
  // Deletes reports by id. Unknown ids are ignored.
  asks<reports_to_delete, done>,
  // The next reports of a task after a number: what a stream still has to show. ec::not_found.
  asks<new_reports_query, reports_page>,
  caf::reacts_to<atom::ping>>;

} // namespace aops
