#include "cli/aops/text/text.hpp"
#include "cli/aops/text/workbook_grid.hpp"

#include <charconv>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <zip.h>

namespace aops::cli {

namespace {

/// Of one file of the archive, unpacked: what it says of its own size is not believed.
constexpr size_t most_bytes = size_t{64} << 20;

struct close_archive {
  void operator()(zip_t* x) const { zip_discard(x); }
};
struct close_entry {
  void operator()(zip_file_t* x) const { zip_fclose(x); }
};
using archive_ptr = std::unique_ptr<zip_t, close_archive>;

archive_ptr open_archive(std::string_view bytes) {
  zip_error_t problem;
  zip_error_init(&problem);
  auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &problem);
  auto* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &problem) : nullptr;
  if (source && !archive)
    zip_source_free(source);
  zip_error_fini(&problem);
  return archive_ptr{archive};
}

expected<std::string> read_entry(zip_t* archive, const std::string& name) {
  std::unique_ptr<zip_file_t, close_entry> entry{zip_fopen(archive, name.c_str(), ZIP_FL_NOCASE)};
  if (!entry)
    return fail(ec::bad_request, tr("the workbook lacks {}", name));
  std::string text;
  char buffer[1 << 16];
  while (true) {
    auto n = zip_fread(entry.get(), buffer, sizeof buffer);
    if (n < 0)
      return fail(ec::bad_request, tr("{} in the workbook is damaged", name));
    if (n == 0)
      return text;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > most_bytes)
      return fail(ec::bad_request,
                  tr("{} in the workbook is larger than {} MiB", name, most_bytes >> 20));
  }
}

expected<std::unique_ptr<pugi::xml_document>> read_xml(zip_t* archive, const std::string& name) {
  auto text = read_entry(archive, name);
  if (!text)
    return fail(text.error());
  auto document = std::make_unique<pugi::xml_document>();
  auto parsed = document->load_buffer(
    text->data(), text->size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!parsed)
    return fail(ec::bad_request, tr("{} in the workbook is damaged", name));
  return document;
}

/// Prefixes of namespaces are the writer's choice.
std::string_view local_name(const pugi::xml_node& node) {
  std::string_view name = node.name();
  auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  for (auto node : parent.children())
    if (local_name(node) == name)
      return node;
  return {};
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  for (auto a : node.attributes()) {
    std::string_view own = a.name();
    auto colon = own.find(':');
    if (own == name || (colon != own.npos && own.substr(colon + 1) == name))
      return a.value();
  }
  return {};
}

/// The text of `<si>` or `<is>`: one run or several; how it is pronounced is left out.
std::string text_of_runs(const pugi::xml_node& item) {
  std::string text;
  for (auto part : item.children())
    if (local_name(part) == "t")
      text += part.child_value();
    else if (local_name(part) == "r")
      text += child(part, "t").child_value();
  return text;
}

/// Where the sheet of this name stands in the archive.
expected<std::string> place_of_sheet(zip_t* archive, std::string_view wanted) {
  auto book = read_xml(archive, "xl/workbook.xml");
  if (!book)
    return fail(book.error());
  std::vector<std::string> there;
  std::optional<std::string> id;
  for (auto node : child(child(**book, "workbook"), "sheets").children()) {
    if (local_name(node) != "sheet")
      continue;
    there.push_back(node.attribute("name").value());
    if (there.back() == wanted)
      for (auto a : node.attributes()) // `r:id`, beside `sheetId`.
        if (std::string_view name = a.name(); name.ends_with(":id"))
          id = a.value();
  }
  if (!id)
    return tl::unexpected<error>(no_sheet(wanted, there));
  auto relations = read_xml(archive, "xl/_rels/workbook.xml.rels");
  if (!relations)
    return fail(relations.error());
  for (auto node : child(**relations, "Relationships").children())
    if (attribute(node, "Id") == *id) {
      std::string target{attribute(node, "Target")};
      return target.starts_with('/') ? target.substr(1) : "xl/" + target;
    }
  return fail(ec::bad_request, tr("the workbook does not say where its sheet `{}` is", wanted));
}

expected<std::vector<std::string>> shared_texts(zip_t* archive) {
  std::vector<std::string> texts;
  if (zip_name_locate(archive, "xl/sharedStrings.xml", ZIP_FL_NOCASE) < 0)
    return texts; // All texts stand in their cells.
  auto table = read_xml(archive, "xl/sharedStrings.xml");
  if (!table)
    return fail(table.error());
  for (auto item : child(**table, "sst").children())
    if (local_name(item) == "si")
      texts.push_back(text_of_runs(item));
  return texts;
}

/// `B3` → 1, of a place without letters nothing.
std::optional<size_t> column_of(std::string_view place) {
  size_t column = 0, letters = 0;
  for (; letters < place.size() && place[letters] >= 'A' && place[letters] <= 'Z'; ++letters) {
    if (letters == 3)
      return sheet_grid::most_columns; // Beyond every sheet.
    column = column * 26 + static_cast<size_t>(place[letters] - 'A' + 1);
  }
  return letters == 0 ? std::nullopt : std::optional<size_t>{column - 1};
}

std::optional<size_t> number_in(std::string_view text) {
  size_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool is_number = problem == std::errc{} && end == text.data() + text.size() && !text.empty();
  return is_number ? std::optional<size_t>{number} : std::nullopt;
}

expected<std::string> cell_of(const pugi::xml_node& cell, const std::vector<std::string>& shared) {
  auto kind = attribute(cell, "t");
  if (kind == "inlineStr")
    return text_of_runs(child(cell, "is"));
  std::string value = child(cell, "v").child_value();
  if (kind != "s" || value.empty())
    return value;
  auto index = number_in(trimmed(value));
  if (!index || *index >= shared.size())
    return fail(ec::bad_request, tr("cell {}: its text is missing", attribute(cell, "r")));
  return shared[*index];
}

} // namespace

expected<std::vector<std::vector<std::string>>> read_xlsx(std::string_view bytes,
                                                          std::string_view sheet) {
  auto archive = open_archive(bytes);
  if (!archive)
    return fail(ec::bad_request, tr("is no workbook (.xls or .xlsx)"));
  auto place = place_of_sheet(archive.get(), sheet);
  if (!place)
    return fail(place.error());
  auto shared = shared_texts(archive.get());
  if (!shared)
    return fail(shared.error());
  auto document = read_xml(archive.get(), *place);
  if (!document)
    return fail(document.error());
  sheet_grid grid;
  size_t next_row = 0;
  for (auto row : child(child(**document, "worksheet"), "sheetData").children()) {
    if (local_name(row) != "row")
      continue;
    auto number = number_in(attribute(row, "r"));
    auto at = number && *number > 0 ? *number - 1 : next_row;
    next_row = at + 1;
    size_t next_column = 0;
    for (auto cell : row.children()) {
      if (local_name(cell) != "c")
        continue;
      auto column = column_of(attribute(cell, "r")).value_or(next_column);
      next_column = column + 1;
      auto text = cell_of(cell, *shared);
      if (!text)
        return fail(text.error());
      if (auto done = grid.set(at, column, std::move(*text)); !done)
        return fail(done.error());
    }
  }
  return std::move(grid.rows);
}

} // namespace aops::cli
