# What libvirt starts: the launcher for <emulator>, and qsbx-virt with its hook. Only these link libxml2.
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
# Its library is needed; a daemon that runs is only where a guest's definition changes, or its events are wanted.
pkg_check_modules(LIBVIRT REQUIRED IMPORTED_TARGET libvirt libvirt-qemu)

# What a guest runs under, for both.
add_library(qsbx_guest STATIC
  integration/libvirt/hand_over.cc
  integration/libvirt/host_configuration.cc
  integration/libvirt/key_file.cc
  integration/libvirt/known_features.cc
  integration/libvirt/patched_qemu.cc
  integration/libvirt/protection.cc
  integration/libvirt/qemu_program.cc
  integration/libvirt/qemu_request.cc)
target_link_libraries(qsbx_guest PUBLIC qsbx_launch qsbx_lockdown PkgConfig::GLIB)

# The schema is in the program as well, so that it cannot be missing.
set(QSBX_SANDBOX_SCHEMA ${CMAKE_SOURCE_DIR}/integration/libvirt/sandbox.rng)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${QSBX_SANDBOX_SCHEMA})
file(READ ${QSBX_SANDBOX_SCHEMA} QSBX_SANDBOX_SCHEMA_TEXT)
file(CONFIGURE OUTPUT generated/sandbox.rng.inc CONTENT "R\"schema(@QSBX_SANDBOX_SCHEMA_TEXT@)schema\"" @ONLY)
add_library(qsbx_domain STATIC integration/libvirt/domain.cc integration/libvirt/patched_guest.cc)
target_include_directories(qsbx_domain PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
target_link_libraries(qsbx_domain PUBLIC qsbx_guest PRIVATE PkgConfig::LIBXML2)

# Its name, without the ending, is that of the QEMU that it starts.
add_executable(qsbx_launcher integration/libvirt/launcher.cc)
set_target_properties(qsbx_launcher PROPERTIES OUTPUT_NAME qemu-system-x86_64-qsbx)
target_link_libraries(qsbx_launcher PRIVATE qsbx_guest)
install(TARGETS qsbx_launcher)
install(CODE "file(CREATE_LINK qemu-system-x86_64-qsbx
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/qemu-system-aarch64-qsbx\" SYMBOLIC)")

# What a description makes of a guest.
add_library(qsbx_described_guest STATIC
  integration/libvirt/described_controllers.cc
  integration/libvirt/described_devices.cc
  integration/libvirt/described_disks.cc
  integration/libvirt/described_machine.cc
  integration/libvirt/described_networks.cc
  integration/libvirt/described_ports.cc
  integration/libvirt/element.cc
  integration/libvirt/xml.cc)
target_link_libraries(qsbx_described_guest PUBLIC qsbx_domain PkgConfig::LIBXML2)

# What libvirt's hook runs, when a guest has started.
add_library(qsbx_started_guest STATIC
  integration/libvirt/attached_devices.cc
  integration/libvirt/expected_policy.cc
  integration/libvirt/guest_filters.cc
  integration/libvirt/guest_process.cc
  integration/libvirt/guest_threads.cc
  integration/libvirt/text_file.cc
  integration/libvirt/virt_report.cc)
target_link_libraries(qsbx_started_guest PUBLIC qsbx_described_guest)
add_executable(qsbx_libvirt_hook integration/libvirt/hook.cc integration/libvirt/hook_program.cc)
set_target_properties(qsbx_libvirt_hook PROPERTIES OUTPUT_NAME qsbx-libvirt-hook)
target_link_libraries(qsbx_libvirt_hook PRIVATE qsbx_started_guest)
# Not in libexec: there AppArmor does not let libvirtd run it, by the profile that Debian has.
install(TARGETS qsbx_libvirt_hook DESTINATION ${CMAKE_INSTALL_SBINDIR})

# What administrators ask about guests, for the program and its tests.
add_library(qsbx_guests STATIC
  integration/libvirt/apparmor_findings.cc
  integration/libvirt/argument_findings.cc
  integration/libvirt/changes.cc
  integration/libvirt/configuration_findings.cc
  integration/libvirt/connection.cc
  integration/libvirt/definition.cc
  integration/libvirt/folder_files.cc
  integration/libvirt/guest_findings.cc
  integration/libvirt/guest_log.cc
  integration/libvirt/guests.cc
  integration/libvirt/hook_findings.cc
  integration/libvirt/host_findings.cc
  integration/libvirt/installed_launchers.cc
  integration/libvirt/libvirt_configuration.cc
  integration/libvirt/libvirt_daemon.cc
  integration/libvirt/qmp_event.cc
  integration/libvirt/refresh.cc
  integration/libvirt/shell_words.cc)
target_link_libraries(qsbx_guests PUBLIC qsbx_started_guest PkgConfig::LIBVIRT)

add_executable(qsbx_virt
  integration/libvirt/check.cc
  integration/libvirt/enable.cc
  integration/libvirt/guest_check.cc
  integration/libvirt/guest_status.cc
  integration/libvirt/guest_watch.cc
  integration/libvirt/lifecycle_event.cc
  integration/libvirt/question_target.cc
  integration/libvirt/questions.cc
  integration/libvirt/status.cc
  integration/libvirt/virt.cc
  integration/libvirt/watch.cc
  integration/libvirt/watch_output.cc)
set_target_properties(qsbx_virt PROPERTIES OUTPUT_NAME qsbx-virt)
target_link_libraries(qsbx_virt PRIVATE qsbx_guests CLI11::CLI11 nlohmann_json::nlohmann_json)
install(TARGETS qsbx_virt)

set(QSBX_LIBVIRT_DIR ${CMAKE_INSTALL_DATADIR}/qsbx/libvirt)
configure_file(integration/libvirt/hook-script.in generated/libvirt-hook @ONLY)
install(PROGRAMS ${CMAKE_BINARY_DIR}/generated/libvirt-hook DESTINATION ${QSBX_LIBVIRT_DIR} RENAME hook)
configure_file(integration/libvirt/watch.service.in generated/qsbx-virt-watch.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/generated/qsbx-virt-watch.service DESTINATION lib/systemd/system)
install(FILES integration/libvirt/apparmor/libvirt-qemu integration/libvirt/apparmor/libvirtd
  DESTINATION ${QSBX_LIBVIRT_DIR}/apparmor)
install(FILES integration/libvirt/sandbox.rng integration/libvirt/libvirt.conf DESTINATION ${QSBX_LIBVIRT_DIR})

if(BUILD_TESTING)
  add_subdirectory(tests/libvirt)
endif()
