#include "runtime/base/json_codec.hpp"
#include "runtime/core/task/host_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

/// Reads what lscpu, lsblk, lspci, dmidecode, ethtool and the kernel say.
namespace aops::task {

namespace {

using base::json;

constexpr size_t most_parts = 256;                      ///< Modules, disks, network devices.
constexpr int64_t most_module_bytes = int64_t{1} << 50; ///< What is larger is none.
constexpr size_t most_sections = 4096;                  ///< Of what dmidecode prints.
constexpr size_t most_json_depth = 32; ///< Of what a program or the module printed; lscpu has 9.

/// A host may say anything: what is no JSON, or nests deeper, is nothing.
json parsed(std::string_view text) {
  auto x = base::parse_json(text, most_json_depth);
  return x ? std::move(*x) : json{};
}

std::string text_in(const json& object, const char* name) {
  if (!object.is_object())
    return {};
  auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

template <class Use>
void each_line(std::string_view text, Use use) {
  for (size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('\n', at), text.size());
    use(text.substr(at, end - at));
    at = end + 1;
  }
}

/// `name: value`; both empty when it is none.
std::pair<std::string_view, std::string_view> named(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return {};
  return {trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))};
}

int64_t whole(std::string_view text) {
  int64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

/// `64 GB` of bytes: binary units under the names that modules of memory have.
std::string memory_size(int64_t bytes) {
  constexpr int64_t gib = int64_t{1} << 30, mib = int64_t{1} << 20;
  if (bytes <= 0)
    return {};
  if (bytes < gib)
    return fmt::format("{} MB", bytes / mib);
  return bytes % gib == 0 ? fmt::format("{} GB", bytes / gib)
                          : fmt::format("{:.1f} GB", static_cast<double>(bytes) / gib);
}

/// `500 GB` of bytes, as makers of disks count.
std::string disk_size(int64_t bytes) {
  constexpr std::pair<int64_t, const char*> units[] = {
    {1'000'000'000'000, "TB"}, {1'000'000'000, "GB"}, {1'000'000, "MB"}};
  for (const auto& [unit, name] : units)
    if (bytes >= unit)
      return fmt::format("{:.4g} {}", static_cast<double>(bytes) / static_cast<double>(unit), name);
  return fmt::format("{} B", bytes);
}

/// What a machine says that nobody filled in.
bool is_filler(std::string_view text) {
  constexpr std::string_view fillers[] = {
    "", "Unknown", "Not Specified", "None", "NO DIMM", "Not Provided", "To Be Filled By O.E.M."};
  return std::find(std::begin(fillers), std::end(fillers), text) != std::end(fillers);
}

/// What a program printed. What it did not is noted as the reason of `part`.
class reader {
public:
  reader(const json& parts, json& failed) : parts_(parts), failed_(failed) {}

  std::string output(const char* program, const char* part) {
    auto it = parts_.find(program);
    if (it == parts_.end())
      return {};
    auto why = text_in(*it, "failed");
    if (!why.empty())
      failed_.emplace(part, why);
    return text_in(*it, "output");
  }
  std::string text(const char* name) const { return text_in(parts_, name); }
  const json& object(const char* name) const {
    static const json none = json::object();
    auto it = parts_.find(name);
    return it == parts_.end() ? none : *it;
  }
  void fail(const char* part, std::string why) { failed_.emplace(part, std::move(why)); }

private:
  const json& parts_;
  json& failed_;
};

// -- the parts

/// `openEuler20.09`, `Debian12`: of the file os-release.
std::string system_name(const std::string& os_release) {
  std::map<std::string, std::string, std::less<>> values;
  each_line(os_release, [&](std::string_view line) {
    auto equals = line.find('=');
    if (equals == std::string_view::npos)
      return;
    auto value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
      value = value.substr(1, value.size() - 2);
    values[std::string{trimmed(line.substr(0, equals))}] = value;
  });
  auto name = values["NAME"];
  for (std::string_view end : {" GNU/Linux", " Linux"})
    if (name.ends_with(end))
      name.erase(name.size() - end.size());
  return name + values["VERSION_ID"];
}

json os_facts(reader& from) {
  json os{{"name", system_name(from.text("os_release"))}, {"kernel_version", from.text("kernel")}};
  auto bios = text_in(from.object("dmi"), "bios_version");
  os["bios_version"] = bios;
  if (bios.empty())
    from.fail("bios", "the machine does not tell");
  return os;
}

/// `256 KiB` of `256 KiB (8 instances)`.
std::string cache(std::string_view text) {
  return std::string{trimmed(text.substr(0, text.find(" (")))};
}

json cpu_facts(reader& from) {
  std::map<std::string, std::string, std::less<>> says;
  auto listed = parsed(from.output("lscpu", "cpu"));
  std::function<void(const json&)> take = [&](const json& fields) {
    if (!fields.is_array())
      return;
    for (const auto& field : fields) {
      auto name = text_in(field, "field");
      says.emplace(name.substr(0, name.find(':')), text_in(field, "data"));
      if (field.is_object() && field.contains("children"))
        take(field["children"]);
    }
  };
  if (listed.is_object() && listed.contains("lscpu"))
    take(listed["lscpu"]);
  auto frequency = says["CPU max MHz"];
  if (frequency.empty() && from.object("cpuinfo").is_array())
    for (const auto& line : from.object("cpuinfo"))
      if (line.is_string() && line.get_ref<const std::string&>().starts_with("cpu MHz"))
        frequency = named(line.get_ref<const std::string&>()).second;
  json cpu{
    {"architecture", says["Architecture"].empty() ? from.text("machine") : says["Architecture"]},
    {"model_name", says["Model name"]},
    {"vendor_id", says["Vendor ID"]},
    {"core_count", whole(says["CPU(s)"])},
    {"l1d_cache", cache(says["L1d cache"])},
    {"l1i_cache", cache(says["L1i cache"])},
    {"l2_cache", cache(says["L2 cache"])},
    {"l3_cache", cache(says["L3 cache"])}};
  if (auto mhz = whole(frequency); mhz > 0)
    cpu["frequency"] = fmt::format("{} MHz", mhz);
  return cpu;
}

/// `32 GB`, `8192 MB`, in bytes; 0 when there is no module.
int64_t module_bytes(std::string_view size) {
  constexpr std::pair<std::string_view, int> units[] = {
    {"GB", 30}, {"GiB", 30}, {"MB", 20}, {"MiB", 20}, {"kB", 10}, {"TB", 40}};
  auto n = whole(size);
  for (const auto& [unit, bits] : units)
    if (size.ends_with(unit))
      return n > 0 && n <= most_module_bytes >> bits ? n << bits : 0;
  return 0;
}

/// Sections of dmidecode: their names, and what stands in them.
struct section {
  std::string title;
  std::map<std::string, std::string, std::less<>> values;
};

std::vector<section> sections_of(std::string_view text) {
  std::vector<section> out;
  each_line(text, [&](std::string_view line) {
    if (line.empty())
      return;
    if (line.front() != '\t' && line.front() != ' ') {
      if (out.size() < most_sections)
        out.push_back({std::string{trimmed(line)}, {}});
    } else if (!out.empty()) {
      auto [name, value] = named(line);
      out.back().values.emplace(name, value);
    }
  });
  return out;
}

std::string value_of(const section& x, std::string_view name) {
  auto it = x.values.find(name);
  return it == x.values.end() || is_filler(it->second) ? std::string{} : it->second;
}

json memory_facts(reader& from, const std::vector<section>& dmi) {
  json info = json::array();
  int64_t bytes = 0;
  for (const auto& x : dmi) {
    auto size = value_of(x, "Size");
    auto n = module_bytes(size);
    if (x.title != "Memory Device" || n == 0 || info.size() >= most_parts)
      continue;
    bytes += n;
    info.push_back({{"size", size},
                    {"type", value_of(x, "Type")},
                    {"speed", value_of(x, "Speed")},
                    {"manufacturer", value_of(x, "Manufacturer")}});
  }
  if (bytes == 0)
    from.fail("memory", "the machine does not tell of modules");
  if (bytes == 0) // `MemTotal:  16384000 kB`: what the kernel has, a little less than there is.
    bytes =
      std::clamp<int64_t>(whole(named(from.text("meminfo")).second), 0, most_module_bytes >> 10)
      << 10;
  return {{"size", memory_size(bytes)}, {"total", info.size()}, {"info", std::move(info)}};
}

json board_facts(reader& from, const std::vector<section>& dmi) {
  const auto& sys = from.object("dmi");
  auto maker = text_in(sys, "board_vendor"), model = text_in(sys, "board_name");
  for (const auto& x : dmi)
    if (x.title == "Base Board Information") {
      maker = maker.empty() ? value_of(x, "Manufacturer") : maker;
      model = model.empty() ? value_of(x, "Product Name") : model;
    }
  // Virtual machines have no board, but say what they are.
  if (maker.empty())
    maker = text_in(sys, "sys_vendor");
  if (model.empty())
    model = text_in(sys, "product_name");
  if (maker.empty() && model.empty())
    from.fail("board", "the machine does not tell");
  return {{"manufacturer", maker}, {"model", model}};
}

/// `0000:00:1f.6 "Ethernet controller" "Intel Corporation" "Ethernet Connection" …` by slot.
std::map<std::string, std::pair<std::string, std::string>, std::less<>>
pci_names(std::string_view text) {
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> out;
  each_line(text, [&](std::string_view line) {
    std::vector<std::string> quoted;
    for (size_t at = 0; (at = line.find('"', at)) != std::string_view::npos && quoted.size() < 3;) {
      auto end = line.find('"', at + 1);
      if (end == std::string_view::npos)
        return;
      quoted.emplace_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    if (quoted.size() == 3)
      out[std::string{line.substr(0, line.find(' '))}] = {quoted[1], quoted[2]};
  });
  return out;
}

json network_facts(reader& from) {
  const auto& devices = from.object("interfaces");
  json out = json::array();
  if (!devices.is_array())
    return out;
  auto has_slots = std::any_of(devices.begin(), devices.end(), [](const json& x) {
    return text_in(x, "slot").find(':') != std::string::npos;
  });
  auto names = pci_names(has_slots ? from.output("lspci", "network") : std::string{});
  for (const auto& device : devices) {
    if (out.size() >= most_parts)
      break;
    std::string version, driver = text_in(device, "driver");
    const json none = json::object();
    const auto& ethtool =
      device.is_object() && device.contains("ethtool") ? device["ethtool"] : none;
    each_line(text_in(ethtool, "output"), [&](std::string_view line) {
      auto [name, value] = named(line);
      if (name == "version")
        version = value;
      if (name == "driver")
        driver = value;
    });
    if (auto why = text_in(ethtool, "failed"); !why.empty())
      from.fail("network", why);
    auto [maker, model] = names[text_in(device, "slot")];
    out.push_back({{"name", text_in(device, "name")},
                   {"manufacturer", maker},
                   {"model", model},
                   {"driver", driver},
                   {"driver_version", version},
                   {"address", text_in(device, "address")}});
  }
  return out;
}

/// A whole number as lsblk of any version writes it.
int64_t bytes_in(const json& device) {
  auto it = device.find("size");
  if (it == device.end())
    return 0;
  return it->is_number_integer() ? it->get<int64_t>()
         : it->is_string()       ? whole(it->get_ref<const std::string&>())
                                 : 0;
}

json disk_facts(reader& from) {
  json info = json::array();
  auto listed = parsed(from.output("lsblk", "disk"));
  if (listed.is_object() && listed.contains("blockdevices") && listed["blockdevices"].is_array())
    for (const auto& device : listed["blockdevices"]) {
      auto name = text_in(device, "name");
      if (text_in(device, "type") != "disk" || bytes_in(device) == 0 || name.starts_with("zram") ||
          info.size() >= most_parts)
        continue;
      info.push_back({{"name", name},
                      {"manufacturer", std::string{trimmed(text_in(device, "vendor"))}},
                      {"model", std::string{trimmed(text_in(device, "model"))}},
                      {"size", disk_size(bytes_in(device))}});
    }
  return {{"count", info.size()}, {"info", std::move(info)}};
}

} // namespace

expected<std::string> facts_of_system(std::string_view module_result) {
  auto result = parsed(module_result);
  if (!result.is_object() || !result.contains("parts") || !result["parts"].is_object())
    return fail(ec::bad_request, "is no result of the module that collects facts");
  json failed = json::object();
  reader from{result["parts"], failed};
  auto dmi = sections_of(from.output("dmidecode", "memory"));
  json facts{{"os", os_facts(from)},
             {"cpu", cpu_facts(from)},
             {"memory", memory_facts(from, dmi)},
             {"network", network_facts(from)},
             {"disk", disk_facts(from)},
             {"board", board_facts(from, dmi)}};
  if (!failed.empty())
    facts["failed"] = std::move(failed);
  return facts_to_keep(facts.dump(-1, ' ', false, json::error_handler_t::replace));
}

} // namespace aops::task
