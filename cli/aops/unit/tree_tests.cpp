#include "cli/aops/unit/tree_tests.hpp"

#include "cli/aops/text/language.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/tree_file.hpp"
#include "cli/aops/text/yaml.hpp"
#include "runtime/core/check/instance_text.hpp"
#include "runtime/core/fault/evaluator.hpp"
#include "runtime/core/fault/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace aops::cli {

namespace {

constexpr std::string_view path_separator = " > ";
/// The slice of every test: what lies in it does not matter.
constexpr fault::slice whole{0, 1000};

struct known_state {
  std::string_view name;
  fault::leaf_state state;
};
constexpr std::array states = {known_state{"normal", fault::leaf_state::normal},
                               known_state{"abnormal", fault::leaf_state::abnormal},
                               known_state{"no data", fault::leaf_state::no_data},
                               known_state{"internal error", fault::leaf_state::internal_error},
                               known_state{"not evaluated", fault::leaf_state::not_evaluated}};

std::vector<std::string> state_names() {
  std::vector<std::string> out;
  for (const auto& x : states)
    out.emplace_back(x.name);
  return out;
}

expected<fault::leaf_state> state_of(const json& value, const std::string& where) {
  auto word = value.is_string() ? lower_case(value.get<std::string>()) : std::string();
  for (const auto& x : states)
    if (x.name == word)
      return x.state;
  return fail(ec::bad_request,
              tr("{}: `{}` is none of {}{}",
                 where,
                 value.is_string() ? value.get<std::string>() : to_line(value),
                 joined(state_names(), ", "),
                 hint_at(word, state_names())));
}

/// `true`, `false` or `unknown`; YAML makes booleans of the first two.
expected<fault::verdict> verdict_of(const json& value, const std::string& where, bool unknown_too) {
  if (value.is_boolean())
    return value.get<bool>() ? fault::verdict::yes : fault::verdict::no;
  if (value == "true" || value == "false")
    return value == "true" ? fault::verdict::yes : fault::verdict::no;
  if (value == "unknown" && unknown_too)
    return fault::verdict::unknown;
  return fail(ec::bad_request,
              unknown_too ? tr("{}: must be true, false or unknown", where)
                          : tr("{}: must be true or false", where));
}

expected<void>
check_members(const json& object, const std::string& where, const std::vector<std::string>& known) {
  if (!object.is_object())
    return fail(ec::bad_request, tr("{}: is no mapping", where));
  for (const auto& [name, value] : object.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(ec::bad_request,
                  tr("{}: unknown member {}{}", where, name, hint_at(name, known)));
  return {};
}

/// What a test says of one check item.
struct item_value {
  std::optional<fault::leaf_state> rule;                          ///< Of the rule as a whole.
  std::vector<std::pair<label_set, fault::leaf_state>> instances; ///< By labels.
};

expected<label_set> labels_of(const json& value, const std::string& where) {
  label_set out;
  if (!value.is_object())
    return fail(ec::bad_request, tr("{}: is no mapping", where));
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string() && !text.is_number() && !text.is_boolean())
      return fail(ec::bad_request, tr("{}: the label {} is no text", where, name));
    out[name] = text.is_string() ? text.get<std::string>() : to_line(text);
  }
  return out;
}

expected<item_value> value_of(const json& value, const std::string& where) {
  item_value out;
  if (!value.is_array()) {
    auto state = state_of(value, where);
    if (!state)
      return fail(state.error());
    out.rule = *state;
    return out;
  }
  size_t n = 0;
  for (const auto& x : value) {
    auto here = fmt::format("{}[{}]", where, n++);
    if (auto fine = check_members(x, here, {"labels", "value"}); !fine)
      return fail(fine.error());
    auto state = state_of(member(x, "value"), here + ".value");
    if (!state)
      return fail(state.error());
    if (!x.contains("labels")) {
      out.rule = *state;
      continue;
    }
    auto labels = labels_of(x["labels"], here + ".labels");
    if (!labels)
      return fail(labels.error());
    out.instances.emplace_back(std::move(*labels), *state);
  }
  std::sort(out.instances.begin(), out.instances.end());
  for (size_t i = 1; i < out.instances.size(); ++i)
    if (out.instances[i].first == out.instances[i - 1].first)
      return fail(
        ec::bad_request,
        tr("{}: {} stands twice", where, check::instance_text("", out.instances[i].first)));
  return out;
}

/// What a test gives and what it expects.
struct test_case {
  std::string name, tree;
  fault::leaf_state others = fault::leaf_state::normal; ///< Of items that are not named.
  std::map<std::string, item_value> values;
  std::map<std::string, item_value> upstream; ///< On the hosts that this one depends on.
  std::optional<uint32_t> cores;
  std::vector<std::string> disks;
  std::optional<fault::verdict> verdict, value;
  std::optional<std::vector<std::string>> root_causes;
  std::vector<std::pair<std::string, fault::verdict>> nodes;
};

expected<std::vector<std::string>> texts_of(const json& value, const std::string& where) {
  std::vector<std::string> out;
  bool fine = value.is_array();
  for (const auto& x : value) {
    fine = fine && x.is_string();
    if (fine)
      out.push_back(x.get<std::string>());
  }
  if (!fine)
    return fail(ec::bad_request, tr("{}: is no list of texts", where));
  return out;
}

class case_reader {
public:
  case_reader(const json& source, std::string where) : source_(source), where_(std::move(where)) {}

  expected<test_case> read() {
    if (auto fine = check_members(
          source_,
          where_,
          {"name", "tree_name", "values", "upstream", "others", "cores", "disks", "expect"});
        !fine)
      return fail(fine.error());
    out_.name = text_of(source_, "name");
    out_.tree = text_of(source_, "tree_name");
    if (out_.name.empty())
      return fail(ec::bad_request, tr("{}: name is missing", where_));
    where_ = fmt::format("{} ({})", where_, out_.name);
    for (auto part :
         {&case_reader::read_facts, &case_reader::read_values, &case_reader::read_expected})
      if (auto fine = (this->*part)(); !fine)
        return fail(fine.error());
    return std::move(out_);
  }

private:
  expected<void> read_facts() {
    if (source_.contains("cores")) {
      const auto& cores = source_["cores"];
      if (!cores.is_number_integer() || cores < 0 || cores > 10'000)
        return fail(ec::bad_request,
                    tr("{}: must be a whole number up to {}", where_ + ".cores", 10'000));
      out_.cores = cores.get<uint32_t>();
    }
    if (source_.contains("disks")) {
      auto disks = texts_of(source_["disks"], where_ + ".disks");
      if (!disks)
        return fail(disks.error());
      out_.disks = std::move(*disks);
    }
    return {};
  }

  expected<void> read_values() {
    if (source_.contains("others")) {
      auto state = state_of(source_["others"], where_ + ".others");
      if (!state)
        return fail(state.error());
      out_.others = *state;
    }
    for (auto [name, to] : {std::pair{"values", &out_.values}, {"upstream", &out_.upstream}}) {
      if (!source_.contains(name))
        continue;
      const auto& values = source_[name];
      auto where = where_ + "." + name;
      if (!values.is_object())
        return fail(ec::bad_request, tr("{}: is no mapping", where));
      for (const auto& [item, value] : values.items()) {
        auto read = value_of(value, where + "." + item);
        if (!read)
          return fail(read.error());
        (*to)[item] = std::move(*read);
      }
    }
    return {};
  }

  expected<void> read_expected() {
    const auto& expect = member(source_, "expect");
    auto where = where_ + ".expect";
    if (!expect.is_object() || expect.empty())
      return fail(ec::bad_request, tr("{}: says nothing, so nothing is tested", where));
    if (auto fine = check_members(expect, where, {"verdict", "value", "root_causes", "nodes"});
        !fine)
      return fine;
    for (auto [name, to] : {std::pair{"verdict", &out_.verdict}, {"value", &out_.value}})
      if (expect.contains(name)) {
        auto read = verdict_of(expect[name], where + "." + name, to == &out_.verdict);
        if (!read)
          return fail(read.error());
        *to = *read;
      }
    if (expect.contains("root_causes")) {
      auto read = texts_of(expect["root_causes"], where + ".root_causes");
      if (!read)
        return fail(read.error());
      out_.root_causes = std::move(*read);
    }
    if (expect.contains("nodes") && !expect["nodes"].is_object())
      return fail(ec::bad_request, tr("{}: is no mapping", where + ".nodes"));
    for (const auto& [path, value] : member(expect, "nodes").items()) {
      auto read = verdict_of(value, where + ".nodes." + path, true);
      if (!read)
        return fail(read.error());
      out_.nodes.emplace_back(path, *read);
    }
    return {};
  }

  const json& source_;
  std::string where_;
  test_case out_;
};

std::string path_text(const fault::tree& of, uint32_t node) {
  return joined(of.path(node), path_separator);
}

/// Labels of instances that an adaptive tree goes by, as the test gives them.
fault::host_facts facts_of(const test_case& test, const fault::tree& of) {
  fault::host_facts out{test.cores, test.disks, {}};
  for (const auto& wanted : of.wanted_labels()) {
    std::set<std::string> values;
    if (auto found = test.values.find(wanted.check_item); found != test.values.end())
      for (const auto& [labels, state] : found->second.instances)
        if (auto label = labels.find(wanted.label); label != labels.end())
          values.insert(label->second);
    if (!values.empty())
      out.instances[wanted] = {values.begin(), values.end()};
  }
  return out;
}

/// The state of what a leaf asks, by the rules of reports.
fault::leaf_state state_of(const fault::leaf_item& asked, const test_case& test) {
  const auto& values = asked.is_upstream ? test.upstream : test.values;
  auto found = values.find(asked.check_item);
  if (found == values.end())
    return test.others;
  const auto& value = found->second;
  std::vector<fault::item_instance> instances;
  std::vector<fault::result> results;
  std::vector<fault::presence> present;
  bool is_covered = value.rule != fault::leaf_state::not_evaluated;
  auto note = [&](uint32_t instance, fault::leaf_state state) {
    if (state != fault::leaf_state::normal && state != fault::leaf_state::not_evaluated)
      results.push_back({whole.start_ms, whole.end_ms, state, instance, {}});
  };
  if (value.rule)
    note(0, *value.rule);
  for (const auto& [labels, state] : value.instances) {
    instances.push_back({labels, check::instance_text(asked.check_item, labels)});
    auto number = static_cast<uint32_t>(instances.size());
    present.push_back({number, whole.start_ms, whole.end_ms});
    note(number, state);
    is_covered = is_covered && state != fault::leaf_state::not_evaluated;
  }
  if (asked.is_plain())
    return fault::state_in(results, whole, is_covered);
  if (asked.is_upstream)
    return fault::state_of_upstream(
      fault::selected_instances(asked, instances), instances, results, whole, is_covered);
  return fault::state_of_instances(
    asked, fault::selected_instances(asked, instances), results, present, whole, is_covered);
}

/// Whether a node of an adapted tree is a copy of the template of this name.
bool is_copy(std::string_view name, std::string_view of) {
  for (auto mark = of.find(fault::id_mark); mark != of.npos; mark = of.find(fault::id_mark)) {
    if (!name.starts_with(of.substr(0, mark)))
      return false;
    name.remove_prefix(mark);
    of.remove_prefix(mark + fault::id_mark.size());
    auto next = of.substr(0, of.find(fault::id_mark));
    // The id goes as far as what follows it stands again; the last text must be the end.
    auto at = next.size() == of.size() ? (name.ends_with(of) ? name.size() - of.size() : name.npos)
                                       : name.find(next);
    if (at == name.npos)
      return false;
    name.remove_prefix(at);
  }
  return name == of;
}

/// The nodes of a tree as it was written, and what the tests made of them.
class coverage {
public:
  explicit coverage(fault::tree_ptr of) : tree_(std::move(of)), was_(tree_->nodes().size()) {}

  void note(const fault::tree& adapted, const fault::evaluator& by) {
    const auto& nodes = adapted.nodes();
    std::vector<uint32_t> template_of(nodes.size(), 0);
    for (uint32_t i = 0; i < nodes.size(); ++i) {
      if (i > 0)
        template_of[i] = template_child(template_of[nodes[i].parent], nodes[i].name);
      auto verdict = by.node_verdict(i);
      was_[template_of[i]].first |= verdict == fault::verdict::yes;
      was_[template_of[i]].second |= verdict == fault::verdict::no;
    }
  }

  tree_coverage result(const std::string& name) const {
    tree_coverage out{name, {}};
    for (uint32_t i = 0; i < was_.size(); ++i)
      out.nodes.push_back({path_text(*tree_, i), was_[i].first, was_[i].second});
    return out;
  }

private:
  uint32_t template_child(uint32_t parent, const std::string& name) const {
    const auto& nodes = tree_->nodes();
    auto end = parent + nodes[parent].extent;
    for (auto i = parent + 1; i < end; i += nodes[i].extent)
      if (nodes[i].name == name)
        return i;
    for (auto i = parent + 1; i < end; i += nodes[i].extent)
      if (is_copy(name, nodes[i].name))
        return i;
    return parent; // Cannot be.
  }

  fault::tree_ptr tree_;
  std::vector<std::pair<bool, bool>> was_; ///< True, false.
};

std::string listed(const std::vector<std::string>& texts) {
  return texts.empty() ? tr("none") : joined(texts, "; ");
}

class tests_of_trees {
public:
  explicit tests_of_trees(std::string file) : file_(std::move(file)) {}

  expected<void> take(const json& trees) {
    for (const auto& x : trees) {
      auto name = text_of(x, "tree_name");
      auto read = fault::tree::import_text(to_line(member(x, "tree_content")));
      if (!read)
        return fail(ec::bad_request, fmt::format("{}: {}: {}", file_, name, read.error().detail));
      trees_.insert_or_assign(name, std::make_shared<const fault::tree>(std::move(*read)));
    }
    return {};
  }

  expected<void> run(test_case test) {
    auto found = test.tree.empty() && trees_.size() == 1 ? trees_.begin() : trees_.find(test.tree);
    auto where = fmt::format("{}: {}", file_, test.name);
    if (test.tree.empty() && trees_.size() != 1)
      return fail(ec::bad_request,
                  tr("{}: there are {} trees; tree_name says which", where, trees_.size()));
    if (found == trees_.end())
      return fail(ec::bad_request,
                  tr("{}: no {} is called {}{}",
                     where,
                     translated("fault tree"),
                     test.tree,
                     hint_at(test.tree, names())));
    test.tree = found->first;
    if (auto fine = check_items(test, *found->second, where); !fine)
      return fine;
    auto adapted = fault::adapt(found->second, facts_of(test, *found->second));
    if (!adapted)
      return fail(ec::bad_request, fmt::format("{}: {}", where, adapted.error().detail));
    fault::evaluator by(*adapted);
    std::vector<fault::leaf_state> items;
    for (const auto& asked : (*adapted)->asked())
      items.push_back(state_of(asked, test));
    by.run(items);
    auto [covered, is_new] = coverage_.try_emplace(test.tree, found->second);
    covered->second.note(**adapted, by);
    out_.cases.push_back({test.name, test.tree, mismatches(test, **adapted, by)});
    return {};
  }

  tree_tests_result result() {
    for (const auto& [name, x] : coverage_)
      out_.coverage.push_back(x.result(name));
    return std::move(out_);
  }

private:
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& [name, x] : trees_)
      out.push_back(name);
    return out;
  }

  /// A name that no leaf asks about is a slip, and the test would show nothing.
  static expected<void>
  check_items(const test_case& test, const fault::tree& of, const std::string& where) {
    std::vector<std::string> own, upstream;
    for (const auto& x : of.asked())
      (x.is_upstream ? upstream : own).push_back(x.check_item);
    for (const auto& x : of.wanted_labels())
      own.push_back(x.check_item);
    for (auto [values, known] : {std::pair{&test.values, &own}, {&test.upstream, &upstream}})
      for (const auto& [item, value] : *values)
        if (std::none_of(known->begin(), known->end(), [&](auto& x) { return is_copy(item, x); }))
          return fail(ec::bad_request,
                      tr("{}: no leaf asks about {}{}", where, item, hint_at(item, *known)));
    return {};
  }

  static std::vector<std::string>
  mismatches(const test_case& test, const fault::tree& of, const fault::evaluator& by) {
    std::vector<std::string> out;
    auto compare = [&](std::string_view what, const std::string& wanted, const std::string& got) {
      if (wanted != got)
        out.push_back(tr("{}: expected {}, got {}", what, wanted, got));
    };
    auto text = [](fault::verdict x) { return std::string(fault::to_string(x)); };
    if (test.verdict)
      compare("verdict", text(*test.verdict), text(by.root_verdict()));
    if (test.value)
      compare("value", text(*test.value), by.value() ? "true" : "false");
    if (test.root_causes) {
      std::vector<std::string> causes;
      for (auto node : by.root_causes())
        causes.push_back(path_text(of, node));
      auto wanted = *test.root_causes;
      std::sort(wanted.begin(), wanted.end());
      std::sort(causes.begin(), causes.end());
      compare("root_causes", listed(wanted), listed(causes));
    }
    std::map<std::string, uint32_t> by_path;
    std::vector<std::string> paths;
    for (uint32_t i = 0; i < of.nodes().size(); ++i) {
      paths.push_back(path_text(of, i));
      by_path[paths.back()] = i;
    }
    for (const auto& [path, wanted] : test.nodes)
      if (auto found = by_path.find(path); found != by_path.end())
        compare(path, text(wanted), text(by.node_verdict(found->second)));
      else
        out.push_back(tr("{}: there is no such node{}", path, hint_at(path, paths)));
    return out;
  }

  std::string file_;
  std::map<std::string, fault::tree_ptr> trees_;
  std::map<std::string, coverage> coverage_;
  tree_tests_result out_;
};

} // namespace

expected<tree_tests_result>
run_tree_tests(const std::string& name, std::string_view text, const file_reader& read) {
  auto content = parse_document(name, text);
  if (!content)
    return fail(content.error());
  if (auto fine = check_members(*content, name, {"tree_files", "tests"}); !fine)
    return fail(fine.error());
  auto files = content->contains("tree_files")
                 ? texts_of((*content)["tree_files"], name + ": tree_files")
                 : std::vector<std::string>();
  if (!files)
    return fail(files.error());
  tests_of_trees all(name);
  for (const auto& file : *files) {
    auto path = (std::filesystem::path(name).parent_path() / file).string();
    auto found = read(path);
    auto trees = found ? read_trees(path, *found, "", "") : expected<json>(fail(found.error()));
    if (!trees)
      return fail(trees.error());
    if (auto fine = all.take(*trees); !fine)
      return fail(fine.error());
  }
  const auto& tests = member(*content, "tests");
  if (!tests.is_array() || tests.empty())
    return fail(ec::bad_request, tr("{}: tests is no list of at least one test", name));
  size_t n = 0;
  for (const auto& x : tests) {
    auto test = case_reader(x, fmt::format("{}: tests[{}]", name, n++)).read();
    if (!test)
      return fail(test.error());
    if (auto done = all.run(std::move(*test)); !done)
      return fail(done.error());
  }
  return all.result();
}

} // namespace aops::cli
