# Builds the pages of SOURCE in PLACE with NPM and NODE; writes PLACE/built_in_pages.cpp. Without NPM, or when the packages
# cannot be fetched, the program has no pages: it says so at `/`.
set(out ${PLACE}/built_in_pages.cpp)
set(pack ${PLACE}/pages.pack)
set(work ${PLACE}/work)

function(write_embedded)
  file(SHA256 ${pack} digest) # The compiler does not see that what it includes has changed.
  file(WRITE ${out} "#include \"http/ui/pages.hpp\"

asm(R\"(
.section .rodata
aops_pages_begin: .incbin \"${pack}\"
aops_pages_end: .byte 0
.globl aops_pages_begin, aops_pages_end
.text
)\");
extern \"C\" const char aops_pages_begin[], aops_pages_end[];

namespace aops::http {

/// ${digest}
std::string_view built_in_pages() { return {aops_pages_begin, static_cast<size_t>(aops_pages_end - aops_pages_begin)}; }
extern const char built_in_pages_digest[];
const char built_in_pages_digest[] = \"${digest}\";

} // namespace aops::http
")
endfunction()

function(without_pages why)
  if(NPM)
    message(WARNING "The program will have no web pages: ${why}\nTo try again: rm ${out}, and build.")
  endif()
  file(WRITE ${pack} "")
  write_embedded()
endfunction()

if(NOT NPM)
  without_pages("there is no npm")
  return()
endif()

file(MAKE_DIRECTORY ${work})
file(REMOVE_RECURSE ${work}/src ${work}/dist)
file(COPY ${SOURCE}/src ${SOURCE}/package.json ${SOURCE}/package-lock.json ${SOURCE}/vite.config.ts ${SOURCE}/pack.mjs
          ${SOURCE}/index.html ${SOURCE}/tsconfig.json
     DESTINATION ${work})

# What the pages offer to take in: the same as in etc/.
file(MAKE_DIRECTORY ${work}/src/shipped)
foreach(kind rules trees)
  file(COPY_FILE ${SOURCE}/../../etc/${kind}/linux.json ${work}/src/shipped/${kind}.json)
endforeach()

file(SHA256 ${SOURCE}/package-lock.json wanted)
set(stamp ${work}/node_modules/.installed)
set(installed "")
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
endif()
if(NOT installed STREQUAL wanted)
  execute_process(
    COMMAND ${NPM} ci --no-audit --no-fund --ignore-scripts --prefer-offline
    WORKING_DIRECTORY ${work}
    RESULT_VARIABLE status
    OUTPUT_VARIABLE log
    ERROR_VARIABLE log)
  if(NOT status EQUAL 0)
    without_pages("npm ci failed:\n${log}")
    return()
  endif()
  file(WRITE ${stamp} ${wanted})
endif()

foreach(step "node_modules/vite/bin/vite.js;build;--logLevel;warn" "pack.mjs;dist;${pack}")
  execute_process(
    COMMAND ${NODE} ${step}
    WORKING_DIRECTORY ${work}
    RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "building the web pages failed")
  endif()
endforeach()
write_embedded()
