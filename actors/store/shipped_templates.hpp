#pragma once

#include "messages/template.hpp"
#include "runtime/io/storage/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aops::actors {

/// Names of the templates that come with aops, in order.
std::vector<std::string> shipped_template_names();

/// Gives an owner templates that come with aops. One that he has as an older release brought it
/// gets a new version; one that is his own stays as it is. ec::bad_request when there is none of a
/// name. In a transaction.
/// @param names Empty: all.
expected<shipped_templates_imported> give_shipped_templates(storage::database& db,
                                                            std::string_view owner,
                                                            std::string_view user,
                                                            const std::vector<std::string>& names,
                                                            int64_t now_ms);

} // namespace aops::actors
