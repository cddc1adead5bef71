# Kelek.cmake: the functions by which the folders say what they build.

# kelek_add_folders(folder ...): adds each folder that has a CMakeLists.txt.
function(kelek_add_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# Gives a target of ours its warnings and, in native/, its hardening.
function(kelek_private_flags target)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:kelek_flags>)
  # Frame pointers show profilers who called; measured, a lone entry costs the core a twelfth more with them.
  set(core_folder "${PROJECT_SOURCE_DIR}/core")
  cmake_path(IS_PREFIX core_folder "${CMAKE_CURRENT_SOURCE_DIR}" in_core)
  if(in_core AND NOT KELEK_SANITIZE)
    set_target_properties(${target} PROPERTIES KELEK_WITHOUT_FRAME_POINTER ON)
  endif()
  set(native_folder "${PROJECT_SOURCE_DIR}/native")
  cmake_path(IS_PREFIX native_folder "${CMAKE_CURRENT_SOURCE_DIR}" in_native)
  if(in_native)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:kelek_hardening>)
  endif()
endfunction()

# kelek_library(name SOURCES file ... [LINK target ...] [LINK_PRIVATE target ...])
# A static library kelek_<name>, alias kelek::<name>, whose public headers are include/kelek/<name>/*.h and whose
# inner headers are in source/. It is installed and exported under the same alias.
function(kelek_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;LINK_PRIVATE")
  set(target kelek_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(kelek::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
    PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/source")
  target_link_libraries(${target} PUBLIC ${arg_LINK} PRIVATE ${arg_LINK_PRIVATE})
  kelek_private_flags(${target})
  set_property(GLOBAL APPEND PROPERTY KELEK_LIBRARIES ${target})
  set_property(GLOBAL APPEND PROPERTY KELEK_HEADER_FOLDERS "${CMAKE_CURRENT_SOURCE_DIR}/include/")
endfunction()

# kelek_executable(name SOURCES file ... [LINK target ...]): a program of ours with our warnings. The program
# `kelek` itself knows KELEK_VERSION, a string, and lands at the top of the build folder.
function(kelek_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  kelek_private_flags(${name})
  if(name STREQUAL "kelek")
    target_compile_definitions(kelek PRIVATE KELEK_VERSION="${PROJECT_VERSION}")
    set_target_properties(kelek PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
  endif()
endfunction()

# What a test looks at is sanitized; the test's own sources need not be, and their many assertions would take most of
# the time that the whole build takes. So they are compiled as in the release build, of which ccache has them. (Not under
# the thread sanitizer: it has to see both sides of what two threads share.)
function(kelek_test_sources_are_not_under_test target)
  if(KELEK_SANITIZE STREQUAL "address")
    set_target_properties(${target} PROPERTIES KELEK_NOT_SANITIZED ON)
  endif()
endfunction()

# kelek_unit_test(part SOURCES file ... [LINK target ...])
# The Catch2 program unit_<part>. Each test case is a CTest test of its own; under a sanitizer, where starting a
# process is slow, the program is one test. The part's inner headers (source/) are on the include path too.
function(kelek_unit_test part)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  kelek_executable(unit_${part} SOURCES ${arg_SOURCES} LINK ${arg_LINK} kelek_catch_main Catch2::Catch2)
  if(TARGET kelek_${part})
    get_target_property(folder kelek_${part} SOURCE_DIR)
    target_include_directories(unit_${part} PRIVATE "${folder}/source")
  endif()
  if(KELEK_SANITIZE)
    kelek_test_sources_are_not_under_test(unit_${part})
    add_test(NAME "unit.${part}" COMMAND unit_${part})
    set_tests_properties("unit.${part}" PROPERTIES LABELS unit)
  else()
    catch_discover_tests(unit_${part} TEST_PREFIX "unit.${part}/" PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()

# kelek_process_test(name COMMAND ... [TIMEOUT seconds] [LABELS label ...])
# A test that runs real processes: it has the label `native`, and the machine for itself, since others' load would
# stretch its elections.
function(kelek_process_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "COMMAND;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES LABELS "native;${arg_LABELS}" RUN_SERIAL TRUE TIMEOUT ${arg_TIMEOUT})
endfunction()

# kelek_fuzz_target(name): tests/fuzz/<name>.cpp, which has LLVMFuzzerTestOneInput and may use every library that
# is built. In the fuzz build it becomes a libFuzzer program; elsewhere a CTest test that replays
# tests/fuzz/corpus/<name>/ and some hundred deterministic mutations of each file in it.
function(kelek_fuzz_target name)
  get_property(libraries GLOBAL PROPERTY KELEK_LIBRARIES)
  set(program fuzz_${name})
  if(KELEK_SANITIZE STREQUAL "fuzzer")
    kelek_executable(${program} SOURCES ${name}.cpp LINK ${libraries})
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  kelek_executable(${program} SOURCES ${name}.cpp LINK ${libraries} kelek_fuzz_replay)
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  add_test(NAME fuzz.${name} COMMAND ${program} "${corpus}")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
