# Writes OUT, a C++ source that holds every module of this folder.
file(GLOB files ${CMAKE_CURRENT_LIST_DIR}/*.py)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND entries "  {\"${name}\", R\"module(${text})module\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"runtime/io/ansible/own_modules.hpp\"

namespace aops::ansible {
namespace {

constexpr own_module modules[] = {
${entries}};

} // namespace

std::span<const own_module> own_modules() { return modules; }

} // namespace aops::ansible
")
