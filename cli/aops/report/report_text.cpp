#include "cli/aops/report/report_text.hpp"

#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

/// The time of day where the date is known already.
std::string clock_text(double epoch_s) {
  auto whole = readable_time(epoch_s);
  return whole.size() > 11 ? whole.substr(11) : whole;
}

/// One evidence as a sentence: item, condition, when, some samples.
std::string evidence_text(const evidence_item& item) {
  auto text = item.name();
  if (!item.condition.empty())
    text += fmt::format(": {}", item.condition);
  if (item.first > 0)
    text += fmt::format(", {}", readable_time(item.first));
  if (item.last > item.first)
    text += fmt::format(" to {}", readable_time(item.last));
  constexpr size_t shown = 3;
  for (size_t i = 0; i < std::min(shown, item.samples.size()); ++i)
    text += fmt::format(
      "{} {} at {}", i ? "," : ";", item.samples[i].second, clock_text(item.samples[i].first));
  if (item.samples.size() > shown)
    text += fmt::format(", {} more", item.samples.size() - shown);
  if (item.more_instances > 0)
    text += fmt::format("; and {} more instances", item.more_instances);
  return text;
}

/// What a part of the condition was over time: `rate(10s) was 0.1 at 10:00:15, …`.
std::string judged_text(const judged_part& part) {
  constexpr size_t shown = 4;
  auto text = part.part + " was";
  auto count = std::min(shown, part.values.size());
  for (size_t i = 0; i < count; ++i) { // The first and the last among them.
    const auto& [time, value] =
      part.values[i * (part.values.size() - 1) / std::max<size_t>(count - 1, 1)];
    text += fmt::format("{} {} at {}", i ? "," : "", value, clock_text(time));
  }
  return text;
}

std::string mark_of(const fault_node& node, const text_style& style) {
  switch (node.state) {
  case node_state::is_true:
    return style.lines ? "●" : "[x]";
  case node_state::missing:
    return style.lines ? "◌" : "[?]";
  default:
    return style.lines ? "○" : "[ ]";
  }
}

std::string painted(const fault_node& node, const std::string& text, const text_style& style) {
  switch (node.state) {
  case node_state::is_true:
    return style.colours.red(text);
  case node_state::missing:
    return style.colours.yellow(text);
  default:
    return text;
  }
}

std::string remark(const fault_node& node, const text_style& style) {
  std::string text;
  if (node.is_leaf && node.asked != node.name)
    text += fmt::format("  [{}]", printable(node.asked));
  if (!node.condition.empty())
    text += "  = " + printable(node.condition);
  text = style.colours.dim(text);
  if (!node.msg.empty())
    text += "  " + style.colours.yellow(printable(node.msg));
  else if (node.state == node_state::missing)
    text += "  " + style.colours.yellow("unknown");
  if (node.is_cause)
    text += "  " + style.colours.red("<- root cause");
  return text;
}

void append_node(std::string& out,
                 const fault_node& node,
                 const std::string& indent,
                 const text_style& style) {
  out += painted(node, mark_of(node, style) + " " + printable(node.name), style) +
         remark(node, style) + "\n";
  for (size_t i = 0; i < node.children.size(); ++i) {
    bool is_last = i + 1 == node.children.size();
    std::string_view elbow = style.lines ? (is_last ? "└─ " : "├─ ") : (is_last ? "`- " : "|- ");
    std::string_view below = is_last ? "   " : (style.lines ? "│  " : "|  ");
    out += indent + style.colours.dim(elbow);
    append_node(out, node.children[i], indent + style.colours.dim(below), style);
  }
}

void append_paragraph(std::string& out,
                      std::string_view label,
                      const std::string& text,
                      const text_style& style) {
  if (text.empty())
    return;
  auto room = std::max<size_t>(style.width, 40) - 16;
  auto lines = wrapped(printable(text), room);
  for (size_t i = 0; i < lines.size(); ++i)
    out += fmt::format("   {:<12} {}\n", i == 0 ? label : "", lines[i]);
}

std::string title_of(const fault_report& report, const std::string& host, const text_style& style) {
  auto verdict = verdict_of(report);
  auto shown = verdict == "true"    ? style.colours.red("fault found")
               : verdict == "false" ? style.colours.green("no fault")
                                    : style.colours.yellow("unknown");
  return fmt::format("{} on {}: {}\n{} to {}\n",
                     style.colours.bold(printable(report.tree_name)),
                     style.colours.bold(printable(host.empty() ? report.host_id : host)),
                     shown,
                     readable_time(report.start),
                     readable_time(report.end));
}

void append_causes(std::string& out, const fault_report& report, const text_style& style) {
  if (report.causes.empty())
    return;
  out += "\n" + style.colours.bold("Root causes") + "\n";
  for (size_t i = 0; i < report.causes.size(); ++i) {
    const auto& cause = report.causes[i];
    out += fmt::format(
      "{}. {}{}\n",
      i + 1,
      style.colours.red(printable(joined(cause.path, " > "))),
      cause.certain ? "" : style.colours.yellow("  (not certain: knowledge is missing)"));
    append_paragraph(out, "description:", cause.description, style);
    append_paragraph(out, "advice:", cause.advice, style);
    for (const auto& [name, item] : evidence_of(cause, report)) {
      append_paragraph(out, "evidence:", item ? evidence_text(*item) : name, style);
      if (item)
        for (const auto& link : item->path)
          append_paragraph(out, "", link, style);
      if (item)
        for (const auto& part : item->judged)
          if (!part.values.empty())
            append_paragraph(out, "", judged_text(part), style);
    }
  }
}

void append_missing(std::string& out, const fault_report& report, const text_style& style) {
  if (report.missing.empty())
    return;
  out += "\n" + style.colours.bold("Missing knowledge") + "\n";
  for (const auto& item : report.missing)
    out += fmt::format("   {}: {}{}\n",
                       style.colours.yellow(printable(item.name)),
                       printable(item.reason),
                       item.detail.empty() ? "" : ": " + printable(item.detail));
}

void append_undecided(std::string& out, const fault_report& report, const text_style& style) {
  if (report.undecided.empty())
    return;
  out += "\n" + style.colours.bold("Would decide") + "\n";
  for (const auto& set : report.undecided)
    out += "   " + style.colours.yellow(printable(joined(set, " and "))) + "\n";
  if (report.undecided_truncated)
    out += "   and other combinations\n";
}

} // namespace

std::string tree_text(const fault_node& root, const text_style& style) {
  std::string out;
  append_node(out, root, "", style);
  return out;
}

std::string
report_text(const fault_report& report, const std::string& host, const text_style& style) {
  auto out = title_of(report, host, style);
  if (!report.error.empty())
    out += style.colours.yellow("not diagnosed: " + printable(report.error)) + "\n";
  if (report.has_tree)
    out += "\n" + tree_text(report.root, style);
  append_causes(out, report, style);
  append_missing(out, report, style);
  append_undecided(out, report, style);
  out += "\n" + style.colours.dim("report " + printable(report.report_id));
  if (!report.content_hash.empty())
    out += style.colours.dim("  hash " + printable(report.content_hash.substr(0, 16)));
  return out + "\n";
}

} // namespace aops::cli
