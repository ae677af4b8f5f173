#include "runtime/core/task/steps.hpp"

#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aops::task {

namespace {

using base::json;
using steps = std::vector<deploy_step>;

/// How long variables may be, as JSON text.

/// An error of a part, whose detail begins with a field's name, as one of the whole.
error within(std::string_view at, const error& e) {
  return {e.code, fmt::format("{}.{}", at, e.detail)};
}

expected<void> refuse_repeats(const steps& all) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < all.size(); ++i)
    if (!names.insert(all[i].step).second)
      return fail(ec::bad_request, fmt::format("steps[{}].step: appears twice", i));
  return {};
}

/// Nothing would run, and nobody would notice: a step runs the template of its name.
expected<void> refuse_strangers(const steps& all, const std::vector<std::string>& templates) {
  for (const auto& x : all)
    if (std::find(templates.begin(), templates.end(), x.step) == templates.end())
      return fail(ec::bad_request,
                  fmt::format("steps: `{}` is none of the templates in template_name", x.step));
  return {};
}

expected<steps> from_list(const json& list) {
  steps out;
  for (size_t i = 0; i < list.size(); ++i) {
    auto at = fmt::format("steps[{}]", i);
    if (!list[i].is_object())
      return fail(ec::bad_request, at + ": must be an object");
    auto step = base::decode<deploy_step>(list[i]);
    if (!step)
      return fail(within(at, step.error()));
    out.push_back(std::move(*step));
  }
  if (auto fine = refuse_repeats(out); !fine)
    return fail(std::move(fine.error()));
  return out;
}

expected<steps> from_object(const json& object, const std::vector<std::string>& templates) {
  steps out;
  for (const auto& [name, settings] : object.items()) {
    auto at = "steps." + name;
    if (!settings.is_object() || settings.contains("step"))
      return fail(ec::bad_request, at + ": must be an object with `enable` and `continue`");
    auto whole = settings;
    whole["step"] = name;
    auto step = base::decode<deploy_step>(whole);
    if (!step)
      return fail(within(at, step.error()));
    out.push_back(std::move(*step));
  }
  auto place = [&](const deploy_step& x) {
    return std::find(templates.begin(), templates.end(), x.step) - templates.begin();
  };
  std::stable_sort(out.begin(), out.end(), [&](const deploy_step& a, const deploy_step& b) {
    return place(a) < place(b);
  });
  return out;
}

steps all_of(const std::vector<std::string>& templates) {
  steps out;
  std::set<std::string_view> seen;
  for (const auto& name : templates)
    if (seen.insert(name).second)
      out.push_back({name, true, false});
  return out;
}

} // namespace

expected<steps> steps_of(const maybe<json_text>& given, const std::vector<std::string>& templates) {
  if (!given)
    return all_of(templates);
  auto document = base::parse_json(given->text);
  if (!document)
    return fail(ec::bad_request, "steps: " + document.error().detail);
  if (!document->is_array() && !document->is_object())
    return fail(ec::bad_request, "steps: must be a list, or an object");
  if (document->empty() || document->size() > most_steps)
    return fail(ec::bad_request, fmt::format("steps: must have 1 to {} items", most_steps));
  auto out = document->is_array() ? from_list(*document) : from_object(*document, templates);
  if (!out)
    return out;
  if (auto known = refuse_strangers(*out, templates); !known)
    return fail(std::move(known.error()));
  if (auto ordered = in_order_of_dependencies(*out); !ordered)
    return ordered; // A cycle; else they stay as they are listed.
  return out;
}

expected<std::string> variables_of(const maybe<json_text>& given) {
  if (!given)
    return std::string{};
  auto document = base::parse_json(given->text);
  if (!document || !document->is_object())
    return fail(ec::bad_request, "vars: must be an object");
  if (given->text.size() > most_variable_bytes)
    return fail(ec::bad_request,
                fmt::format("vars: must not be longer than {} bytes", most_variable_bytes));
  return given->text;
}

steps default_steps() {
  constexpr std::string_view names[] = {"zookeeper",
                                        "kafka",
                                        "prometheus",
                                        "node_exporter",
                                        "mysql",
                                        "elasticsearch",
                                        "fluentd",
                                        "adoctor_check_executor",
                                        "adoctor_check_scheduler",
                                        "adoctor_diag_executor",
                                        "adoctor_diag_scheduler",
                                        "gala_gopher",
                                        "gala_spider",
                                        "gala_ragdoll"};
  steps out;
  for (auto name : names)
    out.push_back({std::string{name}, name == "zookeeper", false});
  return out;
}

} // namespace aops::task
