# Dependencies.cmake: the libraries Kelek uses, each under one name: kelek::msgpack, kelek::zmq, kelek::sodium
# (fmt::fmt, spdlog::spdlog, CLI11::CLI11 and nlohmann_json::nlohmann_json keep theirs).
# The installed package reads the same file, so that a consumer finds the same libraries.

# Only the headers of msgpack-c are wanted; its own CMake package would ask for Boost, which they do without.
find_path(KELEK_MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
mark_as_advanced(KELEK_MSGPACK_INCLUDE_DIR)
if(NOT TARGET kelek::msgpack)
  add_library(kelek::msgpack INTERFACE IMPORTED GLOBAL)
  target_include_directories(kelek::msgpack INTERFACE "${KELEK_MSGPACK_INCLUDE_DIR}")
  target_compile_definitions(kelek::msgpack INTERFACE MSGPACK_NO_BOOST MSGPACK_DEFAULT_API_VERSION=3)
endif()

if(NOT DEFINED KELEK_BUILD_NATIVE OR KELEK_BUILD_NATIVE)
  find_package(PkgConfig REQUIRED)
  find_package(Threads REQUIRED)
  pkg_check_modules(kelek_libzmq REQUIRED IMPORTED_TARGET GLOBAL libzmq>=4.3.4)
  pkg_check_modules(kelek_libsodium REQUIRED IMPORTED_TARGET GLOBAL libsodium>=1.0.18)
  find_package(fmt REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json REQUIRED)
  if(NOT TARGET kelek::zmq)
    add_library(kelek::zmq INTERFACE IMPORTED GLOBAL)
    target_link_libraries(kelek::zmq INTERFACE PkgConfig::kelek_libzmq)
    add_library(kelek::sodium INTERFACE IMPORTED GLOBAL)
    target_link_libraries(kelek::sodium INTERFACE PkgConfig::kelek_libsodium)
  endif()
endif()
