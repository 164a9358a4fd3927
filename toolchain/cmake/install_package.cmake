# What `cmake --install` gives: the archive, the public headers, and the package that find_package(tidemark) reads.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/tidemark")

set_target_properties(tidemark PROPERTIES EXPORT_NAME malloc)
set_target_properties(tidemark_hardened PROPERTIES EXPORT_NAME hardened)
set_target_properties(tidemark_small PROPERTIES EXPORT_NAME small)
set_target_properties(tidemark_simd PROPERTIES EXPORT_NAME simd)
install(TARGETS tidemark tidemark_hardened tidemark_small tidemark_simd EXPORT tidemark-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/tidemark" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/tidemark")
install(EXPORT tidemark-targets NAMESPACE tidemark:: DESTINATION "${package_folder}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/tidemark-config.cmake.in"
  "${PROJECT_BINARY_DIR}/tidemark-config.cmake" INSTALL_DESTINATION "${package_folder}")
# While the first number is 0, the second one says what is compatible.
# What it is built for is the config file's to check: it can say what is wrong.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tidemark-config-version.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/tidemark-config.cmake" "${PROJECT_BINARY_DIR}/tidemark-config-version.cmake"
  DESTINATION "${package_folder}")

# For make, Meson and others. It finds the archive from where it lies itself.
configure_file("${CMAKE_CURRENT_LIST_DIR}/tidemark.pc.in" "${PROJECT_BINARY_DIR}/tidemark.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/tidemark.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
