# How every target here is built. A folder is a target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Line tables only: full debug information doubles link time and the size of a build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
if(AOPS_SANITIZE)
  # What is checked is behaviour: without optimisation it compiles in half the time. Fuzzers have to be fast.
  set(CMAKE_CXX_FLAGS_RELEASE "-O0 -g1")
  if(AOPS_FUZZ)
    set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1")
  endif()
endif()

# Most of a compilation is reading headers and writing the same templates once more: files of a folder share that.
option(AOPS_UNITY "Compile several files of a folder as one" ON)
set(CMAKE_UNITY_BUILD ${AOPS_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The sloppiness lets ccache work beside precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE_PROGRAM})
endif()

add_library(aops_flags INTERFACE)
target_include_directories(aops_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(aops_flags INTERFACE AOPS_VERSION="${PROJECT_VERSION}")
target_compile_options(aops_flags INTERFACE -Wall -Wextra -Wpedantic)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Of a file within a unit gcc thinks that it is a header whose anonymous names reach other units.
  target_compile_options(aops_flags INTERFACE -fpch-preprocess $<$<BOOL:${AOPS_UNITY}>:-Wno-subobject-linkage>)
endif()
if(AOPS_SANITIZE)
  set(sanitize_options -fsanitize=${AOPS_SANITIZE} -fno-omit-frame-pointer)
  if(NOT AOPS_SANITIZE STREQUAL "thread")
    # CAF binds a null tuple reference in init_fun_factory; nothing we can mend.
    list(APPEND sanitize_options -fno-sanitize=null)
  endif()
  target_compile_options(aops_flags INTERFACE ${sanitize_options})
  target_link_options(aops_flags INTERFACE -fsanitize=${AOPS_SANITIZE})
endif()

# aops_pch(NAME HEADERS... LINK...): a target whose precompiled header others reuse.
function(aops_pch name)
  cmake_parse_arguments(arg "" "" "HEADERS;LINK" ${ARGN})
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "// Carries a precompiled header.\n")
  add_library(${name} STATIC ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PUBLIC aops_flags Threads::Threads ${arg_LINK})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

# CAF's templates compile a tenth faster so, and actors spend their time in core and io, which have -O2.
set(AOPS_CAF_OPTIONS $<$<CONFIG:Release>:-O1>)
# What a test does itself need not be fast; what it tests is compiled by itself. A quarter of its compilation is saved.
set(AOPS_TEST_OPTIONS $<$<CONFIG:Release>:-O0>)
if(AOPS_SANITIZE)
  set(AOPS_TEST_OPTIONS)
endif()

set(std_headers
    <algorithm> <array> <atomic> <chrono> <cmath> <condition_variable> <cstdint> <deque> <functional> <map> <memory>
    <mutex> <optional> <set> <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
    \"runtime/base/json_library.hpp\" <fmt/format.h> <tl/expected.hpp>)
set(caf_headers <algorithm> <array> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <string> <vector>
                <fmt/format.h> <tl/expected.hpp> <caf/all.hpp>)
aops_pch(aops_pch_std HEADERS ${std_headers} LINK fmt::fmt nlohmann_json::nlohmann_json)
if(AOPS_WITH_CAF)
  find_package(CAF 0.17 REQUIRED)
  aops_pch(aops_pch_caf HEADERS ${caf_headers} LINK fmt::fmt CAF::core)
  target_compile_options(aops_pch_caf PRIVATE ${AOPS_CAF_OPTIONS})
endif()

# Tests have headers of their own, with those of Boost.Test, which take a second and a half to read.
if(AOPS_TESTS)
  find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
  set(test_libraries fmt::fmt Boost::unit_test_framework)
  aops_pch(aops_pch_test_std HEADERS ${std_headers} <boost/test/unit_test.hpp>
           LINK ${test_libraries} nlohmann_json::nlohmann_json)
  target_compile_definitions(aops_pch_test_std PRIVATE BOOST_TEST_DYN_LINK)
  target_compile_options(aops_pch_test_std PRIVATE ${AOPS_TEST_OPTIONS})
  if(AOPS_WITH_CAF)
    aops_pch(aops_pch_test_caf HEADERS ${caf_headers} <boost/test/unit_test.hpp> LINK ${test_libraries} CAF::core)
    target_compile_definitions(aops_pch_test_caf PRIVATE BOOST_TEST_DYN_LINK)
    target_compile_options(aops_pch_test_caf PRIVATE ${AOPS_TEST_OPTIONS})
  endif()
endif()

# aops_library(NAME [CAF] [APART] [LINK ...] [PRIVATE_LINK ...]): all .cpp files of this folder (not below) as one static
# library. APART: each file is compiled by itself, so that files may use the same names.
function(aops_library name)
  cmake_parse_arguments(arg "CAF;APART" "" "LINK;PRIVATE_LINK;EXTRA" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(APPEND sources ${arg_EXTRA})
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE aops_flags ${arg_LINK} ${arg_PRIVATE_LINK})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC aops_flags Threads::Threads ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  if(arg_CAF)
    target_link_libraries(${name} PUBLIC CAF::core)
    target_compile_options(${name} PRIVATE ${AOPS_CAF_OPTIONS})
    target_precompile_headers(${name} REUSE_FROM aops_pch_caf)
  else()
    target_link_libraries(${name} PUBLIC fmt::fmt nlohmann_json::nlohmann_json)
    target_precompile_headers(${name} REUSE_FROM aops_pch_std)
  endif()
  if(arg_APART)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

# aops_test(NAME [CAF] [APART] [LINK ...]): all *_test.cpp files of this folder as one Boost.Test program.
function(aops_test name)
  cmake_parse_arguments(arg "CAF;APART" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources} $<TARGET_OBJECTS:aops_test_main>)
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK
                                             AOPS_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             AOPS_BINARY_DIR="${CMAKE_BINARY_DIR}")
  target_compile_options(${name} PRIVATE ${AOPS_TEST_OPTIONS})
  target_link_libraries(${name} PRIVATE aops_flags Threads::Threads Boost::unit_test_framework ${arg_LINK})
  if(arg_CAF)
    target_link_libraries(${name} PRIVATE CAF::core)
    target_precompile_headers(${name} REUSE_FROM aops_pch_test_caf)
  else()
    target_link_libraries(${name} PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
    target_precompile_headers(${name} REUSE_FROM aops_pch_test_std)
  endif()
  if(arg_APART)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  set_property(GLOBAL APPEND PROPERTY aops_tests ${name})
  # Tests see our own defines; everything else must match the precompiled header.
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
