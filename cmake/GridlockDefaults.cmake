# Settings that hold for every target: language level, output folders, warnings.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

include(GNUInstallDirs)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

# Linked by every target of ours. Broken promises assert in release builds too, so NDEBUG is
# never defined.
add_library(gridlock_options INTERFACE)
target_compile_options(gridlock_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -UNDEBUG)

# Sanitizers are for the analyzer and its tests. The shim lives in other people's processes and
# links libc alone, so it is left out, by its name.
set(GRIDLOCK_SANITIZE "" CACHE STRING "Sanitizers for the analyzer, as for -fsanitize=")
set(gridlock_sanitize "${GRIDLOCK_SANITIZE}")
if(GRIDLOCK_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "The fuzzers need clang: -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19")
  endif()
  if(NOT gridlock_sanitize)
    set(gridlock_sanitize "address,undefined")
  endif()
  string(APPEND gridlock_sanitize ",fuzzer-no-link")
endif()
if(gridlock_sanitize)
  set(gridlock_not_shim "$<NOT:$<STREQUAL:$<TARGET_PROPERTY:NAME>,gridlock_rt>>")
  set(gridlock_sanitize_flags
    "-fsanitize=${gridlock_sanitize}" -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  foreach(flag IN LISTS gridlock_sanitize_flags)
    # A comma would end the argument of a generator expression.
    string(REPLACE "," "$<COMMA>" flag "${flag}")
    target_compile_options(gridlock_options INTERFACE "$<${gridlock_not_shim}:${flag}>")
    target_link_options(gridlock_options INTERFACE "$<${gridlock_not_shim}:${flag}>")
  endforeach()
endif()

find_program(GRIDLOCK_CCACHE ccache)
if(GRIDLOCK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${GRIDLOCK_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${GRIDLOCK_CCACHE}")
endif()
