#include "actors/plugin/plugin_pool.hpp"

#include "runtime/core/check/plugin_terms.hpp"

#include <fmt/format.h>

namespace aops::actors {

namespace {

line_programs::options options_for(const base::plugin_program& x) {
  line_programs::options o;
  o.name = x.name;
  o.command = x.command;
  o.greeting = plugin::describe_line();
  o.timeout = x.timeout.chrono();
  o.memory_bytes = x.memory.bytes;
  o.cpu_seconds = x.cpu_time.ms / 1000;
  o.nice = static_cast<int>(x.nice);
  o.max_line = static_cast<size_t>(x.max_message.bytes);
  o.max_queue = static_cast<size_t>(x.queue);
  return o;
}

error none_of_that_name(const std::string& name) {
  return {ec::not_found, fmt::format("plug-in {}: is not in the configuration of this node", name)};
}

error away(const std::string& name, const line_programs::line_program& program) {
  return {ec::unreachable, fmt::format("plug-in {}: {}", name, program.problem())};
}

} // namespace

expected<std::shared_ptr<plugin_pool>>
plugin_pool::start(const std::vector<base::plugin_program>& all,
                   std::shared_ptr<base::health> health) {
  auto out = std::make_shared<plugin_pool>();
  for (const auto& x : all) {
    auto about = std::make_shared<described>();
    auto o = options_for(x);
    o.greeted = [about](std::string_view line) {
      auto read = plugin::read_description(line);
      if (!read)
        return expected<void>{fail(read.error())};
      std::lock_guard guard{about->mutex};
      about->is = std::move(*read);
      return expected<void>{};
    };
    o.changed = [health, subject = "plugin " + x.name](const std::string& problem) {
      if (problem.empty())
        health->recovered(subject);
      else
        health->impaired(subject, problem);
    };
    health->impaired("plugin " + x.name, "has not answered yet");
    auto program = line_programs::line_program::start(std::move(o));
    if (!program)
      return fail(program.error());
    out->all_.emplace(x.name, one{std::move(about), std::move(*program)});
  }
  return out;
}

void plugin_pool::stop() const {
  for (const auto& [name, x] : all_)
    x.program->stop();
}

const plugin_pool::one* plugin_pool::find(const std::string& name) const {
  auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

std::string plugin_pool::why_not(const check_rule& rule) const {
  const auto* x = find(rule.plugin);
  if (x == nullptr)
    return {};
  if (auto problem = x->program->problem(); !problem.empty())
    return fmt::format("plugin: {}: {}", rule.plugin, problem);
  auto terms = check::read_outside(rule.plugin, rule.condition);
  if (!terms)
    return "condition: " + terms.error().detail;
  std::lock_guard guard{x->about->mutex};
  auto why = plugin::why_not_taken(x->about->is, terms->parameters);
  return why.empty() ? why : "condition: " + why;
}

std::vector<std::pair<std::string, std::string>> plugin_pool::problems() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, x] : all_)
    out.emplace_back(name, x.program->problem());
  return out;
}

void plugin_pool::learn(const std::string& name,
                        const plugin::sent_batch& batch,
                        std::chrono::milliseconds patience,
                        learned then) const {
  const auto* x = find(name);
  if (x == nullptr)
    return then(fail(none_of_that_name(name)));
  if (x->program->is_away()) // Nothing is written for nobody.
    return then(fail(away(name, *x->program)));
  x->program->ask(
    plugin::learn_line(batch),
    patience,
    [name, then = std::move(then)](expected<std::string> answer) {
      if (!answer)
        return then(fail(std::move(answer.error())));
      auto fine = plugin::read_learned(*answer);
      if (fine)
        return then({});
      then(fail(fine.error().code, fmt::format("plug-in {}: {}", name, fine.error().detail)));
    });
}

void plugin_pool::judge(const std::string& name,
                        std::shared_ptr<const plugin::sent_batch> batch,
                        std::chrono::milliseconds patience,
                        judged then) const {
  const auto* x = find(name);
  if (x == nullptr)
    return then(fail(none_of_that_name(name)));
  if (x->program->is_away())
    return then(fail(away(name, *x->program)));
  auto line = plugin::judge_line(*batch);
  x->program->ask(
    std::move(line), patience, [name, batch, then = std::move(then)](expected<std::string> answer) {
      if (!answer)
        return then(fail(std::move(answer.error())));
      auto said = plugin::read_judged(*answer, *batch);
      if (said)
        return then(std::move(*said));
      then(fail(said.error().code, fmt::format("plug-in {}: {}", name, said.error().detail)));
    });
}

} // namespace aops::actors
