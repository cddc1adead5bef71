# Install.cmake: what `cmake --install` puts where: the libraries with their headers, the kelek executable, the
# package for find_package(kelek), and kelek.pc and kelek-core.pc for pkg-config.
include(CMakePackageConfigHelpers)

get_property(kelek_libraries GLOBAL PROPERTY KELEK_LIBRARIES)
get_property(kelek_header_folders GLOBAL PROPERTY KELEK_HEADER_FOLDERS)
if(NOT kelek_libraries)
  return()
endif()

set(kelek_package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/kelek")
install(TARGETS ${kelek_libraries} EXPORT kelek_targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
foreach(folder IN LISTS kelek_header_folders)
  install(DIRECTORY "${folder}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
endforeach()
if(TARGET kelek)
  install(TARGETS kelek RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# The package: its targets are kelek::raft, kelek::machine, ... and its components carry the same names.
install(EXPORT kelek_targets NAMESPACE kelek:: DESTINATION "${kelek_package_folder}")
string(REPLACE "kelek_" "" kelek_components "${kelek_libraries}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/.cmake/kelek-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/kelek-config.cmake" INSTALL_DESTINATION "${kelek_package_folder}")
# Before 1.0 a minor version may change an interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/kelek-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/kelek-config.cmake"
              "${PROJECT_BINARY_DIR}/package/kelek-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/.cmake/Dependencies.cmake"
  DESTINATION "${kelek_package_folder}")

# pkg-config: static libraries are named before those they use, which is the reverse of how the folders add them.
set(kelek_core_libraries kelek_raft kelek_machine kelek_wire kelek_sim)
set(kelek_core_flags "")
set(kelek_native_flags "")
foreach(library IN LISTS kelek_libraries)
  if(library IN_LIST kelek_core_libraries)
    string(PREPEND kelek_core_flags "-l${library} ")
  else()
    string(PREPEND kelek_native_flags "-l${library} ")
  endif()
endforeach()
file(RELATIVE_PATH kelek_prefix_from_pkgconfig
  "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
foreach(name IN ITEMS kelek kelek-core)
  configure_file("${PROJECT_SOURCE_DIR}/.cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/package/${name}.pc" @ONLY)
  if(name STREQUAL "kelek-core" OR kelek_native_flags)
    install(FILES "${PROJECT_BINARY_DIR}/package/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
  endif()
endforeach()
