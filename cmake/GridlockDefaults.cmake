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

find_program(GRIDLOCK_CCACHE ccache)
if(GRIDLOCK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${GRIDLOCK_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${GRIDLOCK_CCACHE}")
endif()
