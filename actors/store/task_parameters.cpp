#include "actors/store/task_parameters.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/io/storage/template_repository.hpp"

namespace aops::actors {

namespace {

expected<void> check(const std::vector<std::string>& settings, const std::string& vars) {
  auto declared = task::declared_by(settings);
  if (!declared)
    return fail(std::move(declared.error()));
  auto values = base::parse_json(vars);
  if (!values)
    return fail(ec::bad_request, "vars: " + values.error().detail);
  return task::check_values(
    declared->all, declared->only, *values, "vars", task::check_for::keeping);
}

} // namespace

expected<void> check_kept_vars(storage::database& db,
                               std::string_view owner,
                               const std::vector<std::string>& templates,
                               const std::string& vars) {
  if (vars.empty())
    return {};
  auto settings = storage::template_repository{db}.settings(owner, templates);
  return settings ? check(*settings, vars) : fail(std::move(settings.error()));
}

expected<void> check_kept_vars(storage::database& db,
                               std::string_view owner,
                               std::string_view task,
                               const std::string& vars) {
  if (vars.empty())
    return {};
  auto frozen = storage::template_repository{db}.frozen_of(owner, task);
  if (!frozen)
    return fail(std::move(frozen.error()));
  std::vector<std::string> settings;
  for (auto& x : *frozen)
    settings.push_back(std::move(x.settings));
  return check(settings, vars);
}

} // namespace aops::actors
