#include "cli/aops/report/cluster_text.hpp"

#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aops::cli {

namespace {

constexpr size_t state_column = 1;

std::vector<std::string> ids_of(const json& rows) {
  std::vector<std::string> ids;
  for (const auto& row : rows)
    ids.push_back(text_of(row, "node"));
  return ids;
}

std::string state_colour(const palette& colours, std::string_view state, const std::string& shown) {
  if (state == "alive" || state == "running")
    return colours.green(shown);
  if (state == "gone" || state == "failed")
    return colours.red(shown);
  return state == "stopped" ? colours.dim(shown) : colours.yellow(shown);
}

std::string number_text(const json& row, const char* key) {
  const auto& value = member(row, key);
  return value.is_number() ? cell_text(value) : std::string{"-"};
}

/// Draws one tree, line by line.
class tree_painter {
public:
  explicit tree_painter(const tree_style& style) : style_(style) {}

  void draw(const json& row, const std::string& lead, const std::string& below) {
    text += lead + line_of(row) + "\n";
    const auto& children = member(row, "children");
    std::vector<const json*> shown;
    size_t folded = 0;
    bool folds = !style_.whole && alike(children) > tree_style::most_alike;
    for (const auto& child : children)
      if (folds && is_ordinary(child))
        ++folded;
      else
        shown.push_back(&child);
    for (size_t i = 0; i < shown.size(); ++i) {
      bool is_last = i + 1 == shown.size() && folded == 0;
      draw(*shown[i], below + branch(is_last), below + trunk(is_last));
    }
    if (folded)
      text += below + branch(true) +
              style_.colours.dim(
                fmt::format("{}{} running", folded, shown.empty() ? " children" : " more")) +
              "\n";
  }

  std::string text;

private:
  static bool is_ordinary(const json& row) {
    return text_of(row, "state") == "running" && number_of(row, "restarts") == 0 &&
           member(row, "children").empty() && member(row, "mailbox").is_number() &&
           number_of(row, "mailbox") <= waiting_is_fine;
  }

  static size_t alike(const json& children) {
    return static_cast<size_t>(std::count_if(children.begin(), children.end(), is_ordinary));
  }

  std::string branch(bool is_last) const {
    return style_.unicode ? (is_last ? "└─ " : "├─ ") : (is_last ? "`- " : "|- ");
  }
  std::string trunk(bool is_last) const { return is_last ? "   " : style_.unicode ? "│  " : "|  "; }

  std::string line_of(const json& row) const {
    const auto& c = style_.colours;
    auto state = text_of(row, "state");
    auto line = printable(text_of(row, "name")) + "  " + state_colour(c, state, printable(state));
    if (auto waiting = member(row, "mailbox"); !waiting.is_number())
      line += c.yellow("  no answer");
    else if (number_of(row, "mailbox") > 0)
      line += fmt::format("  {} waiting", cell_text(waiting));
    if (auto restarts = count_of(row, "restarts"))
      line += c.yellow(fmt::format("  {} restart{}", restarts, restarts == 1 ? "" : "s"));
    if (auto reason = text_of(row, "last_reason"); !reason.empty())
      line += c.dim("  last: " + printable(reason));
    return line;
  }

  const tree_style& style_;
};

} // namespace

std::vector<std::string> short_ids(const std::vector<std::string>& ids) {
  constexpr size_t least = 8;
  size_t longest = least;
  for (const auto& id : ids)
    longest = std::max(longest, id.size());
  auto differ = [&](size_t length) {
    std::vector<std::string> cut;
    for (const auto& id : ids)
      cut.push_back(id.substr(0, length));
    std::sort(cut.begin(), cut.end());
    return std::adjacent_find(cut.begin(), cut.end()) == cut.end();
  };
  size_t length = least;
  while (length < longest && !differ(length))
    ++length;
  std::vector<std::string> result;
  for (const auto& id : ids)
    result.push_back(printable(id.substr(0, length)));
  return result;
}

namespace {

/// One row a node.
table node_table(const json& reply, bool wide) {
  const auto& nodes = member(reply, "nodes");
  auto ids = ids_of(nodes);
  auto names = wide ? ids : short_ids(ids);
  table shown;
  shown.titles = {
    "node", "state", "leader", "slots", "hosts", "jobs", "lease age", "version", "address", "http"};
  if (wide)
    shown.titles.insert(shown.titles.end(), {"incarnation", "started", "lease until", "waiting"});
  size_t at = 0;
  for (const auto& row : nodes) {
    bool leads = member(row, "is_leader") == true;
    auto& cells = shown.rows.emplace_back();
    cells = {printable(names[at++]),
             cell_text(member(row, "state")),
             leads ? fmt::format("epoch {}", count_of(reply, "leader_epoch")) : "",
             number_text(row, "slots"),
             number_text(row, "hosts"),
             number_text(row, "jobs"),
             fmt::format("{:.1f} s", number_of(row, "lease_age")),
             cell_text(member(row, "version")),
             cell_text(member(row, "address")),
             cell_text(member(row, "http"))};
    if (wide)
      cells.insert(cells.end(),
                   {number_text(row, "incarnation"),
                    readable_time(number_of(row, "started")),
                    readable_time(number_of(row, "lease_until")),
                    number_text(row, "mailboxes")});
  }
  return shown;
}

} // namespace

std::string draw_nodes(const json& reply, bool wide, const palette& colours, size_t width) {
  auto shown = node_table(reply, wide);
  return render(shown, width, [&](size_t row, size_t column, std::string cell) {
    return column == state_column ? state_colour(colours, shown.rows[row][column], cell) : cell;
  });
}

std::string ranges_text(const std::vector<uint64_t>& ascending) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < ascending.size();) {
    auto end = i;
    while (end + 1 < ascending.size() && ascending[end + 1] == ascending[end] + 1)
      ++end;
    parts.push_back(end == i ? std::to_string(ascending[i])
                             : fmt::format("{}-{}", ascending[i], ascending[end]));
    i = end + 1;
  }
  return joined(parts, ", ");
}

table slot_table(const json& reply, bool wide) {
  const auto& slots = member(reply, "slots");
  table shown;
  if (wide) {
    shown.titles = {"slot", "node", "epoch", "moves to"};
    for (const auto& row : slots)
      shown.rows.push_back({number_text(row, "slot"),
                            cell_text(member(row, "node")),
                            number_text(row, "epoch"),
                            cell_text(member(row, "target"))});
    return shown;
  }
  struct share {
    std::vector<uint64_t> slots, moving;
  };
  std::map<std::string, share> owners;
  for (const auto& row : slots) {
    auto& x = owners[text_of(row, "node")];
    x.slots.push_back(count_of(row, "slot"));
    if (!text_of(row, "target").empty())
      x.moving.push_back(count_of(row, "slot"));
  }
  std::vector<std::string> ids;
  for (const auto& [id, ignored] : owners)
    if (!id.empty())
      ids.push_back(id);
  auto names = short_ids(ids);
  shown.titles = {"node", "slots", "which", "being handed over"};
  auto add = [&](const std::string& name, const share& x) {
    shown.rows.push_back(
      {name, std::to_string(x.slots.size()), ranges_text(x.slots), ranges_text(x.moving)});
  };
  for (size_t i = 0; i < ids.size(); ++i)
    add(names[i], owners[ids[i]]);
  if (owners.contains(""))
    add("(nobody)", owners[""]);
  return shown;
}

std::string draw_trees(const json& reply, const tree_style& style) {
  tree_painter painter(style);
  const auto& c = style.colours;
  for (const auto& node : member(reply, "nodes")) {
    if (!painter.text.empty())
      painter.text += "\n";
    painter.text += c.bold(printable(text_of(node, "node")));
    if (auto trouble = text_of(node, "error"); !trouble.empty())
      painter.text += "  " + c.red(printable(trouble));
    painter.text += "\n";
    for (const auto& root : member(node, "tree"))
      painter.draw(root, "", "");
  }
  return painter.text;
}

} // namespace aops::cli
