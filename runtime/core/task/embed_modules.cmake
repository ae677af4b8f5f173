# Writes OUT, a C++ source that holds the lines of IN.
file(STRINGS ${IN} lines)
set(entries "")
foreach(line ${lines})
  string(APPEND entries "  R\"names(${line})names\",\n")
endforeach()
file(WRITE ${OUT} "#include \"runtime/core/task/modules.hpp\"

namespace aops::task {
namespace {

constexpr std::string_view lines[] = {
${entries}};

} // namespace

std::span<const std::string_view> module_lines() { return lines; }

} // namespace aops::task
")
