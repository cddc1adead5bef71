# Settings.cmake: language, build type, ccache, warnings, sanitizers and hardening, for every target of ours.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
check_pie_supported(LANGUAGES CXX)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()

find_program(KELEK_CCACHE ccache)
mark_as_advanced(KELEK_CCACHE)
if(KELEK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache wants to be told before it keeps what was compiled with a precompiled header; and two clones of the project
  # may share what is in it.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    "CCACHE_BASEDIR=${CMAKE_CURRENT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${KELEK_CCACHE}")
  set(CMAKE_PCH_INSTANTIATE_TEMPLATES OFF)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# The fuzz build counts branches in every library; the fuzz programs themselves link libFuzzer (tests/fuzz).
set(kelek_sanitizers_address -fsanitize=address,undefined -fno-sanitize-recover=all)
set(kelek_sanitizers_thread -fsanitize=thread)
set(kelek_sanitizers_fuzzer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
if(KELEK_SANITIZE AND NOT DEFINED kelek_sanitizers_${KELEK_SANITIZE})
  message(FATAL_ERROR "KELEK_SANITIZE is '${KELEK_SANITIZE}'; it may be empty, address, thread or fuzzer")
endif()

# What every target of ours is compiled with (private: nobody who links Kelek inherits it).
add_library(kelek_flags INTERFACE)
set(sanitized $<NOT:$<BOOL:$<TARGET_PROPERTY:KELEK_NOT_SANITIZED>>>)
target_compile_options(kelek_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wformat=2 -Wimplicit-fallthrough
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:KELEK_WITHOUT_FRAME_POINTER>>>:-fno-omit-frame-pointer>)
# Sanitizers make g++ warn of what is not so; and whoever has Kelek inside another project may have another compiler.
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(kelek_flags INTERFACE $<$<NOT:$<AND:${sanitized},$<BOOL:${KELEK_SANITIZE}>>>:-Werror>)
endif()
# The static libraries are position independent; without this g++ would not inline across functions in them.
check_cxx_compiler_flag(-fno-semantic-interposition KELEK_HAS_NO_SEMANTIC_INTERPOSITION)
if(KELEK_HAS_NO_SEMANTIC_INTERPOSITION)
  target_compile_options(kelek_flags INTERFACE -fno-semantic-interposition)
endif()
if(KELEK_SANITIZE)
  target_compile_options(kelek_flags INTERFACE
    "$<${sanitized}:${kelek_sanitizers_${KELEK_SANITIZE}};-O1;-g1;-UNDEBUG>")
  add_link_options(${kelek_sanitizers_${KELEK_SANITIZE}})
endif()

# Hardening of what faces the network (the OpenSSF compiler guide); only in release builds, where nothing else
# would notice. The core is left out: it has its own assertions and no system calls, and its cost is measured.
add_library(kelek_hardening INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT KELEK_SANITIZE)
  target_compile_definitions(kelek_hardening INTERFACE _GLIBCXX_ASSERTIONS)
  target_compile_options(kelek_hardening INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
                        -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
    string(MAKE_C_IDENTIFIER "KELEK_HAS${flag}" has_flag)
    check_cxx_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
      target_compile_options(kelek_hardening INTERFACE ${flag})
    endif()
  endforeach()
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    target_link_options(kelek_hardening INTERFACE -Wl,-z,nodlopen,-z,noexecstack,-z,relro,-z,now)
  endif()
endif()
