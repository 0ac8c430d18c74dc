# The qsbx command, its man pages and its completion.
find_package(CLI11 REQUIRED)

# What `lint` asks; no part of the library.
file(GLOB QSBX_LINT_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/lint/*.cc)
add_library(qsbx_lint STATIC ${QSBX_LINT_SOURCES})
target_link_libraries(qsbx_lint PUBLIC qsbx_core)

# What `compile` writes for other tools; no part of the library.
file(GLOB QSBX_RENDER_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/render/*.cc)
add_library(qsbx_render STATIC ${QSBX_RENDER_SOURCES})
target_link_libraries(qsbx_render PUBLIC qsbx_core nlohmann_json::nlohmann_json)

# What `learn` and `coverage` do with recorded runs; no part of the library.
file(GLOB QSBX_LEARN_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/learn/*.cc)
add_library(qsbx_learn STATIC ${QSBX_LEARN_SOURCES})
target_link_libraries(qsbx_learn PUBLIC qsbx_core nlohmann_json::nlohmann_json)

file(GLOB QSBX_COMMAND_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/*.cc)
add_executable(qsbx_command ${QSBX_COMMAND_SOURCES})
# The target `qsbx` is the library.
set_target_properties(qsbx_command PROPERTIES OUTPUT_NAME qsbx)
target_compile_definitions(qsbx_command PRIVATE QSBX_VERSION="${PROJECT_VERSION}")
target_link_libraries(qsbx_command PRIVATE
  qsbx_lint qsbx_render qsbx_learn qsbx_launch qsbx_lockdown qsbx_core CLI11::CLI11 nlohmann_json::nlohmann_json)
install(TARGETS qsbx_command)

find_program(SCDOC scdoc)
if(SCDOC)
  file(GLOB QSBX_MAN_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.scd)
  foreach(source ${QSBX_MAN_SOURCES})
    cmake_path(GET source STEM LAST_ONLY page)
    set(output ${CMAKE_BINARY_DIR}/man/${page})
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
      COMMAND ${SCDOC} < ${source} > ${output}
      DEPENDS ${source} VERBATIM)
    list(APPEND QSBX_MAN_PAGES ${output})
  endforeach()
  add_custom_target(qsbx_man ALL DEPENDS ${QSBX_MAN_PAGES})
  install(FILES ${QSBX_MAN_PAGES} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
else()
  message(STATUS "scdoc is not there: no man pages")
endif()

install(FILES src/cli/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME qsbx)

if(BUILD_TESTING)
  add_subdirectory(tests/cli)
endif()
