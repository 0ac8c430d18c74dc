# The lockdown itself in C++, for the programs of this tree, and the shared library with the C API.
add_library(qsbx_lockdown STATIC
  src/lockdown/audit_listener.cc
  src/lockdown/binding.cc
  src/lockdown/broker.cc
  src/lockdown/broker_link.cc
  src/lockdown/call_text.cc
  src/lockdown/caller_memory.cc
  src/lockdown/quiet_opens.cc
  src/lockdown/handed_opens.cc
  src/lockdown/in_force.cc
  src/lockdown/line.cc
  src/lockdown/needs.cc
  src/lockdown/open_list.cc
  src/lockdown/own_signals.cc
  src/lockdown/phases.cc
  src/lockdown/report_channel.cc
  src/lockdown/report_target.cc
  src/lockdown/reporting_needs.cc
  src/lockdown/ring_report.cc
  src/lockdown/role_needs.cc
  src/lockdown/role_programs.cc
  src/lockdown/sandbox.cc
  src/lockdown/supervisor.cc
  src/lockdown/thread_roles.cc
  src/lockdown/thread_spawner.cc
  src/lockdown/trap_handler.cc
  src/lockdown/violation_counts.cc
  src/lockdown/violation_report.cc)
target_compile_definitions(qsbx_lockdown PRIVATE QSBX_PROFILE_DIR="${QSBX_PROFILE_DIR}")
find_package(Threads REQUIRED)
target_link_libraries(qsbx_lockdown PUBLIC qsbx_core Threads::Threads)

set(QSBX_MAP ${CMAKE_SOURCE_DIR}/src/lockdown/libqsbx.map)
add_library(qsbx SHARED src/lockdown/c_api.cc)
set_target_properties(qsbx PROPERTIES
  VERSION 0.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH}
  SOVERSION 0
  LINK_DEPENDS ${QSBX_MAP})
target_link_libraries(qsbx PRIVATE qsbx_lockdown PUBLIC PkgConfig::GLIB)
target_include_directories(qsbx INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# nodelete: once locked down, the handler or the listener has to stay.
target_link_options(qsbx PRIVATE
  -Wl,--version-script=${QSBX_MAP} -Wl,--exclude-libs,ALL -Wl,-z,nodelete -Wl,-z,now)
if(NOT QSBX_SANITIZE)
  target_link_options(qsbx PRIVATE -Wl,--no-undefined)
endif()

# The components let a packager, and a test, take the library without the programs.
set(QSBX_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/qsbx)
install(TARGETS qsbx EXPORT qsbx-targets
  LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(DIRECTORY profiles/qemu/ DESTINATION ${QSBX_PROFILE_DIR} COMPONENT library
  FILES_MATCHING PATTERN "*.profile" PATTERN "*.weights" PATTERN "not-covered" PATTERN "not-exercised")
install(FILES include/qsbx/qsbx.h include/qsbx/strict.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/qsbx
  COMPONENT development)

configure_file(cmake/qsbx.pc.in qsbx.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/qsbx.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)

include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/qsbxConfig.cmake.in qsbxConfig.cmake
  INSTALL_DESTINATION ${QSBX_PACKAGE_DIR})
write_basic_package_version_file(qsbxConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/qsbxConfig.cmake ${CMAKE_BINARY_DIR}/qsbxConfigVersion.cmake
  DESTINATION ${QSBX_PACKAGE_DIR} COMPONENT development)
install(EXPORT qsbx-targets NAMESPACE qsbx:: DESTINATION ${QSBX_PACKAGE_DIR}
  COMPONENT development)
