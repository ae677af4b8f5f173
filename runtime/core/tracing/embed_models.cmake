# Writes OUT, a C++ source that holds the models in the folder IN.
file(GLOB names RELATIVE ${IN} ${IN}/*.yml)
list(SORT names)
set(entries "")
foreach(name ${names})
  file(READ ${IN}/${name} text)
  string(APPEND entries "    {\"${name}\", R\"content(${text})content\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"runtime/core/tracing/model.hpp\"

namespace aops::tracing {

std::span<const model_file> shipped_models() {
  static const std::vector<model_file> all = {
${entries}  };
  return all;
}

} // namespace aops::tracing
")
