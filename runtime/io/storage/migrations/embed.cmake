# Writes OUT, a C++ source that holds every NNNN_name.sql of this folder in order.
file(GLOB files ${CMAKE_CURRENT_LIST_DIR}/[0-9][0-9][0-9][0-9]_*.sql)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(stem ${file} NAME_WE)
  string(REGEX MATCH "^0*([1-9][0-9]*)_(.*)$" matched ${stem})
  set(version ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  file(READ ${file} text)
  string(APPEND entries "  {${version}, \"${name}\", R\"sql(${text})sql\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"runtime/io/storage/migration.hpp\"

namespace aops::storage {
namespace {

constexpr migration steps[] = {
${entries}};

} // namespace

std::span<const migration> built_in_migrations() { return steps; }

} // namespace aops::storage
")
