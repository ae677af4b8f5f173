#include "runtime/base/json_library.hpp"
#include "runtime/core/task/host_facts.hpp"

#include <boost/test/unit_test.hpp>

namespace system_facts_test {

using namespace aops;
using nlohmann::json;

namespace {

/// What `aops_system` returned on a server with two modules of memory, recorded.
json server() {
  json parts;
  parts["os_release"] =
    "PRETTY_NAME=\"Debian GNU/Linux 12\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n";
  parts["kernel"] = "6.1.0-18-amd64";
  parts["machine"] = "x86_64";
  parts["meminfo"] = "MemTotal:       65536000 kB";
  parts["cpuinfo"] = {"model name\t: x", "cpu MHz\t\t: 2596.136"};
  parts["dmi"] = {
    {"bios_version", "3.99"}, {"board_vendor", "Dell Inc."}, {"board_name", "0X3D66"}};
  parts["lscpu"]["output"] =
    json{{"lscpu",
          {{{"field", "Architecture:"},
            {"data", "x86_64"},
            {"children", {{{"field", "Byte Order:"}, {"data", "Little Endian"}}}}},
           {{"field", "CPU(s):"}, {"data", "96"}},
           {{"field", "Vendor ID:"},
            {"data", "GenuineIntel"},
            {"children",
             {{{"field", "Model name:"},
               {"data", "Intel(R) Xeon(R)"},
               {"children", {{{"field", "CPU max MHz:"}, {"data", "3700.0000"}}}}}}}},
           {{"field", "Caches (sum of all):"},
            {"data", nullptr},
            {"children",
             {{{"field", "L1d cache:"}, {"data", "1.5 MiB (48 instances)"}},
              {{"field", "L1i:"}, {"data", "x"}},
              {{"field", "L3 cache:"}, {"data", "66 MiB"}}}}}}}}
      .dump();
  parts["dmidecode"]["output"] =
    "BIOS Information\n\tVendor: Dell\n\nMemory Device\n\tSize: 32 GB\n\tType: DDR4\n\tSpeed: 2933 "
    "MT/s\n"
    "\tManufacturer: Samsung\n\nMemory Device\n\tSize: No Module Installed\n\tType: Unknown\n\n"
    "Memory Device\n\tSize: 32 GB\n\tType: DDR4\n\tSpeed: 2933 MT/s\n\tManufacturer: Not "
    "Specified\n";
  parts["lsblk"]["output"] =
    R"({"blockdevices": [{"name":"sda","type":"disk","size":480103981056,"vendor":"ATA     ","model":"SSD"},
        {"name":"sr0","type":"rom","size":1073741312,"vendor":"x","model":"y"},
        {"name":"nvme0n1","type":"disk","size":"1000204886016","vendor":null,"model":"NVMe"},
        {"name":"zram0","type":"disk","size":5,"vendor":null,"model":null}]})";
  parts["lspci"]["output"] =
    "0000:01:00.0 \"Ethernet controller\" \"Broadcom\" \"NetXtreme\" -r01 \"Dell\" \"x\"\n";
  parts["interfaces"] = {{{"name", "eno1"},
                          {"slot", "0000:01:00.0"},
                          {"driver", "tg3"},
                          {"address", "aa:bb"},
                          {"ethtool", {{"output", "driver: tg3\nversion: 6.1.0\n"}}}}};
  return {{"parts", parts}};
}

json facts_of(const json& result) { return json::parse(*task::facts_of_system(result.dump())); }

} // namespace

BOOST_AUTO_TEST_CASE(a_server_is_told_as_the_contract_has_it) {
  auto x = facts_of(server());
  BOOST_TEST(x["os"]["name"] == "Debian12");
  BOOST_TEST(x["os"]["kernel_version"] == "6.1.0-18-amd64");
  BOOST_TEST(x["os"]["bios_version"] == "3.99");
  BOOST_TEST(x["os"]["bios_verison"] == "3.99");
  BOOST_TEST(x["cpu"]["architecture"] == "x86_64");
  BOOST_TEST(x["cpu"]["model_name"] == "Intel(R) Xeon(R)");
  BOOST_TEST(x["cpu"]["verdor_id"] == "GenuineIntel");
  BOOST_TEST(x["cpu"]["core_count"] == 96);
  BOOST_TEST(x["cpu"]["l1d_cache"] == "1.5 MiB");
  BOOST_TEST(x["cpu"]["l3_cache"] == "66 MiB");
  BOOST_TEST(x["cpu"]["frequency"] == "3700 MHz");
  BOOST_TEST(x["memory"]["size"] == "64 GB");
  BOOST_TEST(x["memory"]["total"] == 2);
  BOOST_TEST(x["memory"]["info"][0]["manufacturer"] == "Samsung");
  BOOST_TEST(x["memory"]["info"][1]["manufacturer"] == "");
  BOOST_TEST(x["memory"]["info"][0]["speed"] == "2933 MT/s");
  BOOST_TEST(x["disk"]["count"] == 2);
  BOOST_TEST(x["disk"]["info"][0]["size"] == "480.1 GB");
  BOOST_TEST(x["disk"]["info"][0]["manufacturer"] == "ATA");
  BOOST_TEST(x["disk"]["info"][1]["size"] == "1 TB");
  BOOST_TEST(x["network"][0]["manufacturer"] == "Broadcom");
  BOOST_TEST(x["network"][0]["model"] == "NetXtreme");
  BOOST_TEST(x["network"][0]["driver_version"] == "6.1.0");
  BOOST_TEST(x["board"]["model"] == "0X3D66");
  BOOST_TEST(!x.contains("failed"));
}

BOOST_AUTO_TEST_CASE(a_part_that_failed_says_why_and_the_others_are_there) {
  auto result = server();
  result["parts"]["dmidecode"] = {{"failed", "dmidecode: /dev/mem: Permission denied"}};
  result["parts"]["lsblk"] = {{"failed", "lsblk is not installed"}};
  result["parts"]["dmi"]["bios_version"] = "";
  auto x = facts_of(result);
  BOOST_TEST(x["failed"]["memory"] == "dmidecode: /dev/mem: Permission denied");
  BOOST_TEST(x["failed"]["disk"] == "lsblk is not installed");
  BOOST_TEST(x["failed"].contains("bios"));
  BOOST_TEST(x["memory"]["size"] == "62.5 GB"); // What the kernel has.
  BOOST_TEST(x["memory"]["total"] == 0);
  BOOST_TEST(x["cpu"]["core_count"] == 96);
}

BOOST_AUTO_TEST_CASE(a_machine_without_modules_says_so) {
  auto result = server();
  result["parts"]["dmidecode"]["output"] = "";
  BOOST_TEST(facts_of(result)["failed"]["memory"] == "the machine does not tell of modules");
}

BOOST_AUTO_TEST_CASE(other_programs_output_is_no_reason_to_fail) {
  for (const char* junk : {"", "[]", "{}", R"({"parts": []})"})
    BOOST_TEST(!task::facts_of_system(junk).has_value());
  BOOST_TEST(task::facts_of_system(R"({"parts": {}})").has_value());
  BOOST_TEST(
    task::facts_of_system(
      R"({"parts": {"lscpu": 1, "lsblk": {"output": "{\"blockdevices\": [1, null]}"}, "interfaces": [1, "x"],
                   "dmi": [], "cpuinfo": [1], "dmidecode": {"output": "\tx: y\nA\n\tb\n"}, "lspci": {"output": "\"\"\""}}})")
      .has_value());
}

BOOST_AUTO_TEST_CASE(a_host_that_lies_costs_no_more_than_its_facts) {
  auto deep = [](const std::string& open, const std::string& close, size_t n) {
    std::string out;
    for (size_t i = 0; i < n; ++i)
      out += open;
    out += "[]";
    for (size_t i = 0; i < n; ++i)
      out += close;
    return out;
  };
  auto result = server();
  result["parts"]["lscpu"]["output"] =
    "{\"lscpu\":" + deep(R"([{"field":"CPU(s):","data":"7","children":)", "}]", 60'000) + "}";
  result["parts"]["lsblk"]["output"] = "{\"blockdevices\":" + deep("[", "]", 1'000'000) + "}";
  auto x = facts_of(result);
  BOOST_TEST(x["cpu"]["core_count"] == 0);
  BOOST_TEST(x["disk"]["count"] == 0);
  BOOST_TEST(x["memory"]["size"] == "64 GB");
  BOOST_TEST(
    !task::facts_of_system("{\"parts\":{\"dmi\":" + deep("[", "]", 1'000'000) + "}}").has_value());

  result = server();
  std::string modules;
  for (int i = 0; i < 300; ++i)
    modules += "Memory Device\n\tSize: 9223372036854775807 TB\nMemory Device\n\tSize: -1 GB\n"
               "Memory Device\n\tSize: 1024 TB\n";
  result["parts"]["dmidecode"]["output"] = modules;
  result["parts"]["meminfo"] = "MemTotal: 9223372036854775807 kB";
  x = facts_of(result);
  BOOST_TEST(x["memory"]["total"] == 256);
  BOOST_TEST(x["memory"]["info"][0]["size"] == "1024 TB");
}

} // namespace system_facts_test
