# What rides along with an unmodified QEMU (`qsbx run`).
set(QSBX_RIDE_ALONG_MAP ${CMAKE_SOURCE_DIR}/integration/qemu/ride_along/ride_along.map)
add_library(qsbx-ride-along MODULE
  integration/qemu/ride_along/first_thread.cc
  integration/qemu/ride_along/guest_start.cc
  integration/qemu/ride_along/interposed_calls.cc
  integration/qemu/ride_along/last_words.cc
  integration/qemu/ride_along/lockdown_report.cc
  integration/qemu/ride_along/monitor_end.cc
  integration/qemu/ride_along/ride_along.cc
  integration/qemu/ride_along/serving_start.cc
  integration/qemu/ride_along/settings.cc
  integration/qemu/ride_along/standard_error.cc)
set_target_properties(qsbx-ride-along PROPERTIES LINK_DEPENDS ${QSBX_RIDE_ALONG_MAP})
target_link_libraries(qsbx-ride-along PRIVATE qsbx_lockdown ${CMAKE_DL_LIBS})
target_link_options(qsbx-ride-along PRIVATE
  -Wl,--version-script=${QSBX_RIDE_ALONG_MAP} -Wl,--exclude-libs,ALL -Wl,-z,nodelete -Wl,-z,now)
install(TARGETS qsbx-ride-along LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/qsbx)

# The launcher, in the qsbx program, looks for it in this installation or where it was built.
file(RELATIVE_PATH QSBX_RIDE_ALONG_FROM_BIN
  ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/qsbx/libqsbx-ride-along.so)
set_property(SOURCE integration/qemu/launch/run.cc APPEND PROPERTY COMPILE_DEFINITIONS
  QSBX_RIDE_ALONG_FILE="libqsbx-ride-along.so"
  QSBX_RIDE_ALONG_FROM_BIN="${QSBX_RIDE_ALONG_FROM_BIN}")
