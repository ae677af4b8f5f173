# Writes OUT, a C++ source that holds the files of the templates in the folder IN, links followed.
file(GLOB manifests ${IN}/*/aops.yml)
list(SORT manifests)
set(entries "")
foreach(manifest ${manifests})
  get_filename_component(folder ${manifest} DIRECTORY)
  get_filename_component(template ${folder} NAME)
  file(GLOB_RECURSE files FOLLOW_SYMLINKS RELATIVE ${folder} ${folder}/*)
  list(SORT files)
  foreach(name ${files})
    file(READ ${folder}/${name} text)
    execute_process(COMMAND test -x ${folder}/${name} RESULT_VARIABLE is_plain)
    if(is_plain EQUAL 0)
      set(executable true)
    else()
      set(executable false)
    endif()
    string(APPEND entries "  {\"${template}\", \"${name}\", R\"content(${text})content\", ${executable}},\n")
  endforeach()
endforeach()
file(WRITE ${OUT} "#include \"actors/store/shipped_files.hpp\"

#include <array>

namespace aops::actors {
namespace {

constexpr shipped_file files[] = {
${entries}  {}};

} // namespace

std::span<const shipped_file> shipped_files() { return {files, std::size(files) - 1}; }

} // namespace aops::actors
")
