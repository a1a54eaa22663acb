# Gridlock in a project's build and tests. Comes with find_package(gridlock).
#
#   gridlock_add_check(NAME [BASELINE FILE] [SUPPRESSIONS FILE] [FAIL_ON error|warning|note|never]
#                      [OUTPUT FILE…] [OPTIONS …])
#     A target and a test NAME: the static pass over this build's compile database. The test fails
#     on findings that are not in the baseline. Each OUTPUT gets a report; its ending is its format.
#
#   gridlock_run_tests_of(TARGET… [DIRECTORY DIR] [OPTIONS …])
#     Every test whose command is one of these targets runs under `gridlock run`. Call it before
#     add_test or gtest_discover_tests. The reports land in DIR (default: gridlock-reports in the
#     build folder), one a process, and a test with findings fails unless OPTIONS say otherwise.
#
#   gridlock_add_merge(NAME [DIRECTORY DIR] [OUTPUT FILE…] [OPTIONS …])
#     A target NAME that joins the reports of DIR into one and analyses the union: orders that two
#     different test programs take form a cycle, too.

get_filename_component(_gridlock_cmake_dir "${CMAKE_CURRENT_LIST_DIR}" ABSOLUTE)

function(_gridlock_command out)
  if(NOT TARGET gridlock::gridlock)
    message(FATAL_ERROR "gridlock: the command is not installed beside the package")
  endif()
  set(${out} "$<TARGET_FILE:gridlock::gridlock>" PARENT_SCOPE)
endfunction()

function(gridlock_add_check name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BASELINE;SUPPRESSIONS;FAIL_ON" "OUTPUT;OPTIONS")
  if(NOT CMAKE_EXPORT_COMPILE_COMMANDS)
    message(WARNING "gridlock_add_check(${name}): set CMAKE_EXPORT_COMPILE_COMMANDS to ON before the "
      "targets; the static pass reads compile_commands.json")
  endif()
  _gridlock_command(command)
  set(line "${command}" check -p "${CMAKE_BINARY_DIR}")
  if(arg_BASELINE)
    get_filename_component(file "${arg_BASELINE}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND line --baseline "${file}")
  endif()
  if(arg_SUPPRESSIONS)
    get_filename_component(file "${arg_SUPPRESSIONS}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND line --suppressions "${file}")
  endif()
  if(arg_FAIL_ON)
    list(APPEND line --fail-on "${arg_FAIL_ON}")
  endif()
  list(APPEND line ${arg_OPTIONS})
  _gridlock_with_outputs(line steps "${command}" "${arg_OUTPUT}")
  add_custom_target(${name} ${steps} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}" USES_TERMINAL VERBATIM)
  add_test(NAME ${name} COMMAND ${line} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}")
endfunction()

# The first output is written by the command itself, the others are made from it.
function(_gridlock_with_outputs line_variable steps_variable command outputs)
  set(line "${${line_variable}}")
  set(further)
  list(LENGTH outputs count)
  if(count GREATER 0)
    list(POP_FRONT outputs first)
    get_filename_component(first "${first}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
    list(APPEND line -o "${first}")
    foreach(output IN LISTS outputs)
      get_filename_component(output "${output}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
      list(APPEND further COMMAND "${command}" report --quiet --fail-on never -o "${output}" "${first}")
    endforeach()
  endif()
  # The reports are made before the verdict ends the target.
  set(verdict)
  if(further)
    set(verdict COMMAND "${command}" report "${first}")
    set(steps COMMAND ${line} --fail-on never ${further} ${verdict})
  else()
    set(steps COMMAND ${line})
  endif()
  set(${line_variable} "${line}" PARENT_SCOPE)
  set(${steps_variable} "${steps}" PARENT_SCOPE)
endfunction()

function(gridlock_run_tests_of)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "DIRECTORY" "OPTIONS")
  if(NOT arg_DIRECTORY)
    set(arg_DIRECTORY "${CMAKE_BINARY_DIR}/gridlock-reports")
  endif()
  _gridlock_command(command)
  get_target_property(location gridlock::gridlock IMPORTED_LOCATION)
  set(launcher "${_gridlock_cmake_dir}/gridlock-run-test" "${location}" "${arg_DIRECTORY}" ${arg_OPTIONS} --)
  foreach(target IN LISTS arg_UNPARSED_ARGUMENTS)
    if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.29)
      set_target_properties(${target} PROPERTIES TEST_LAUNCHER "${launcher}")
    else()
      # Before CMake 3.29 this property is the one way to run a test through another program.
      set_target_properties(${target} PROPERTIES CROSSCOMPILING_EMULATOR "${launcher}")
    endif()
  endforeach()
endfunction()

function(gridlock_add_merge name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DIRECTORY" "OUTPUT;OPTIONS")
  if(NOT arg_DIRECTORY)
    set(arg_DIRECTORY "${CMAKE_BINARY_DIR}/gridlock-reports")
  endif()
  _gridlock_command(command)
  set(line "${command}" report ${arg_OPTIONS} "${arg_DIRECTORY}")
  _gridlock_with_outputs(line steps "${command}" "${arg_OUTPUT}")
  add_custom_target(${name} ${steps} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}" USES_TERMINAL VERBATIM)
endfunction()
