# Dependencies.cmake: the libraries Kelek uses, each under one name: kelek::msgpack, kelek::zmq, kelek::sodium
# (fmt::fmt, spdlog::spdlog, CLI11::CLI11 and nlohmann_json::nlohmann_json keep theirs).
# The installed package reads this same file, so that its users find the same libraries.
if(kelek_package)
  include(CMakeFindDependencyMacro)
  macro(kelek_find_package)
    find_dependency(${ARGN})
  endmacro()
else()
  set(kelek_needs_native ${KELEK_BUILD_NATIVE})
  macro(kelek_find_package)
    find_package(${ARGN} REQUIRED)
  endmacro()
endif()

# Only the headers of msgpack-c are wanted; its own CMake package would ask for Boost, which they do without.
if(NOT TARGET kelek::msgpack)
  find_path(KELEK_MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
  mark_as_advanced(KELEK_MSGPACK_INCLUDE_DIR)
  add_library(kelek::msgpack INTERFACE IMPORTED GLOBAL)
  target_include_directories(kelek::msgpack INTERFACE "${KELEK_MSGPACK_INCLUDE_DIR}")
  target_compile_definitions(kelek::msgpack INTERFACE MSGPACK_NO_BOOST MSGPACK_DEFAULT_API_VERSION=3)
endif()

# kelek_import(name header library): kelek::<name> for a C library which has no CMake package of its own. (What
# pkg-config says of libzmq on Debian drags the include folders of half a dozen unrelated libraries in.)
function(kelek_import name header library)
  if(TARGET kelek::${name})
    return()
  endif()
  string(TOUPPER "KELEK_${name}" prefix)
  find_path(${prefix}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${prefix}_LIBRARY ${library} REQUIRED)
  mark_as_advanced(${prefix}_INCLUDE_DIR ${prefix}_LIBRARY)
  add_library(kelek::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(kelek::${name} PROPERTIES
    IMPORTED_LOCATION "${${prefix}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${${prefix}_INCLUDE_DIR}")
endfunction()

if(kelek_needs_native)
  kelek_find_package(Threads)
  kelek_find_package(fmt)
  kelek_find_package(spdlog)
  kelek_find_package(CLI11)
  kelek_find_package(nlohmann_json)
  kelek_import(zmq zmq.h zmq)
  kelek_import(sodium sodium.h sodium)
endif()
