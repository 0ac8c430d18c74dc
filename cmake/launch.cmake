# What starts an unmodified QEMU under lockdown: for the qsbx command, and for libvirt.
find_package(nlohmann_json REQUIRED)
file(GLOB QSBX_LAUNCH_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/integration/qemu/launch/*.cc)
add_library(qsbx_launch STATIC ${QSBX_LAUNCH_SOURCES}
  integration/qemu/ride_along/last_words.cc
  integration/qemu/ride_along/settings.cc)
target_link_libraries(qsbx_launch PUBLIC qsbx_lockdown nlohmann_json::nlohmann_json)
