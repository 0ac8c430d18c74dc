# Everything but the C API and the programs: one static library that all of them, and the tests, link.
file(GLOB QSBX_CORE_SOURCES CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/src/errors/*.cc
  ${CMAKE_SOURCE_DIR}/src/syscalls/*.cc
  ${CMAKE_SOURCE_DIR}/src/bpf/*.cc
  ${CMAKE_SOURCE_DIR}/src/policy/*.cc
  ${CMAKE_SOURCE_DIR}/src/profile/*.cc
  ${CMAKE_SOURCE_DIR}/src/compile/*.cc
  ${CMAKE_SOURCE_DIR}/src/verify/*.cc
  ${CMAKE_SOURCE_DIR}/kernel/*.cc
  ${CMAKE_SOURCE_DIR}/src/machine/*.cc)
add_library(qsbx_core STATIC ${QSBX_CORE_SOURCES})
