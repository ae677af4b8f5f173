#include "cli/aops/report/report_html.hpp"

#include "cli/aops/report/report_picture.hpp"
#include "cli/aops/report/report_text.hpp"
#include "cli/aops/text/text.hpp"
#include "cli/aops/text/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aops::cli {

namespace {

/// Colours and shapes of a picture, light or dark as the reader has it.
constexpr std::string_view picture_style =
  R"(:root { --bg: #fff; --fg: #202124; --dim: #5f6368; --line: #9aa0a6; --red: #b3261e; --redbg: #fde0de;
  --amber: #8a6100; --amberbg: #fdf0cc; --box: #f6f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #17181c; --fg: #e6e6e6; --dim: #a0a4aa; --line: #6f747c; --red: #ff8a80; --redbg: #4a1714;
    --amber: #ffd166; --amberbg: #403208; --box: #24262c; }
}
svg text { font: 13px system-ui, sans-serif; fill: var(--fg); } svg .name { font-weight: 600; }
svg .detail { fill: var(--dim); font-size: 12px; }
svg rect { fill: var(--box); stroke: var(--line); } svg .edge { fill: none; stroke: var(--line); }
svg .true rect { fill: var(--redbg); stroke: var(--red); } svg .true .name { fill: var(--red); }
svg .missing rect { fill: var(--amberbg); stroke: var(--amber); stroke-dasharray: 5 3; }
svg .cause rect { stroke-width: 3; } svg .edge.true { stroke: var(--red); stroke-width: 2; }
)";

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fault diagnosis</title>
<style>
)";

constexpr std::string_view page_style =
  R"(body { background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 90em; padding: 0 1em; }
h1 { font-size: 1.4em; margin-bottom: 0; } h2 { font-size: 1.1em; }
.when, .foot { color: var(--dim); } .foot { font-size: .85em; overflow-wrap: anywhere; }
.verdict-true { color: var(--red); } .verdict-unknown { color: var(--amber); }
.picture { overflow-x: auto; }
table { border-collapse: collapse; } th, td { border-bottom: 1px solid var(--line); padding: .3em .8em .3em 0; text-align: left; vertical-align: top; }
code { font-size: .92em; overflow-wrap: anywhere; }
section + section { border-top: 1px solid var(--line); margin-top: 2em; padding-top: 1em; }
</style>
</head>
<body>
)";

std::string verdict_heading(const std::string& verdict) {
  std::string_view shown = verdict == "true"    ? "fault found"
                           : verdict == "false" ? "no fault"
                                                : "unknown";
  std::string_view kind = verdict == "true" ? "true" : verdict == "false" ? "false" : "unknown";
  return fmt::format(": <span class=\"verdict-{}\">{}</span>", kind, shown);
}

std::string heading(const picture& p) {
  const auto& r = p.report;
  if (!p.is_judged)
    return fmt::format("<h1>{}</h1>\n", html_text(r.tree_name));
  return fmt::format("<h1>{} on {}{}</h1>\n<p class=\"when\">{} to {}</p>\n",
                     html_text(r.tree_name),
                     html_text(p.host.empty() ? r.host_id : p.host),
                     verdict_heading(verdict_of(r)),
                     readable_time(r.start),
                     readable_time(r.end));
}

std::string causes(const fault_report& report) {
  if (report.causes.empty())
    return {};
  std::string out = "<h2>Root causes</h2>\n<ol>\n";
  for (const auto& cause : report.causes) {
    out += fmt::format("<li><strong>{}</strong>{}",
                       html_text(joined(cause.path, " > ")),
                       cause.certain ? "" : " (not certain: knowledge is missing)");
    for (const auto* text : {&cause.description, &cause.advice})
      if (!text->empty())
        out += fmt::format("<br>{}", html_text(*text));
    std::vector<std::string> names;
    for (const auto& [name, item] : evidence_of(cause, report))
      names.push_back(name);
    if (!names.empty())
      out += fmt::format("<br>Evidence: {}", html_text(joined(names, ", ")));
    out += "</li>\n";
  }
  return out + "</ol>\n";
}

std::string values_over_time(const std::vector<std::pair<double, std::string>>& values,
                             size_t shown) {
  std::string out;
  for (size_t i = 0; i < std::min(shown, values.size()); ++i)
    out += fmt::format(
      "{}{} at {}", i ? "<br>" : "", html_text(values[i].second), readable_time(values[i].first));
  if (values.size() > shown)
    out += fmt::format("<br>{} more", values.size() - shown);
  return out;
}

std::string samples(const evidence_item& item) { return values_over_time(item.samples, 10); }

std::string judged(const evidence_item& item) {
  std::string out;
  for (const auto& part : item.judged)
    out += fmt::format("<code>{}</code><br>{}<br>",
                       html_text(part.part),
                       values_over_time(part.values, part.values.size()));
  return out;
}

/// The way to the host that has it, when it is another one.
std::string path_lines(const evidence_item& item) {
  std::string out;
  for (const auto& link : item.path)
    out += "<br>" + html_text(link);
  return out;
}

std::string evidence(const fault_report& report) {
  if (report.evidence.empty())
    return {};
  std::string out =
    "<h2>Evidence</h2>\n<table>\n<tr><th>check "
    "item</th><th>condition</th><th>first</th><th>last</th><th>samples</th><th>judged</th></tr>\n";
  for (const auto& item : report.evidence)
    out += fmt::format("<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td>"
                       "<td>{}</td></tr>\n",
                       html_text(item.name()) + path_lines(item),
                       html_text(item.condition),
                       item.first > 0 ? readable_time(item.first) : "",
                       item.last > 0 ? readable_time(item.last) : "",
                       samples(item),
                       judged(item));
  return out + "</table>\n";
}

std::string missing(const fault_report& report) {
  if (report.missing.empty())
    return {};
  std::string out = "<h2>Missing knowledge</h2>\n<ul>\n";
  for (const auto& item : report.missing)
    out += fmt::format("<li>{}: {}{}</li>\n",
                       html_text(item.name),
                       html_text(item.reason),
                       item.detail.empty() ? "" : ": " + html_text(item.detail));
  return out + "</ul>\n";
}

std::string undecided(const fault_report& report) {
  if (report.undecided.empty())
    return {};
  std::string out = "<h2>Would decide</h2>\n<ul>\n";
  for (const auto& set : report.undecided)
    out += fmt::format("<li>{}</li>\n", html_text(joined(set, " and ")));
  return out + "</ul>\n";
}

std::string foot(const fault_report& r) {
  auto text = fmt::format("report {}, task {}", r.report_id, r.task_id);
  if (!r.tree_version.empty())
    text += ", tree version " + r.tree_version;
  if (!r.content_hash.empty())
    text += ", content hash " + r.content_hash;
  return fmt::format("<p class=\"foot\">{}</p>\n", html_text(text));
}

} // namespace

std::string html_text(std::string_view text) {
  std::string result;
  for (char c : printable(text)) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  }
  return result;
}

std::string to_svg_file(const fault_node& root) {
  auto svg = to_svg(root);
  auto inside = svg.find('\n') + 1; // Behind the opening tag.
  return svg.insert(inside, "<style>\n" + std::string{picture_style} + "</style>\n");
}

std::string to_html(const std::vector<picture>& pictures) {
  auto out = std::string{head}.append(picture_style).append(page_style);
  for (const auto& p : pictures) {
    out += "<section>\n" + heading(p);
    if (!p.report.error.empty())
      out += fmt::format("<p class=\"verdict-unknown\">Not diagnosed: {}</p>\n",
                         html_text(p.report.error));
    if (p.report.has_tree)
      out += "<div class=\"picture\">\n" + to_svg(p.report.root) + "</div>\n";
    out += causes(p.report) + evidence(p.report) + missing(p.report) + undecided(p.report);
    out += (p.is_judged ? foot(p.report) : "") + std::string{"</section>\n"};
  }
  return out + "</body>\n</html>\n";
}

} // namespace aops::cli
