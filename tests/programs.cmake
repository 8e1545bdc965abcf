# tests/bench/NAME.cpp is a program that prints its table. tests/fuzz/NAME.cpp defines
# LLVMFuzzerTestOneInput: a libFuzzer program with BUSYHOUR_FUZZ, else one that replays its corpus.
# Without the engine, those that include its headers are left out.

function(busyhour_program target source)
  file(STRINGS ${source} needs_engine REGEX "#include \"engine/")
  if(needs_engine AND NOT BUSYHOUR_ENGINE)
    return()
  endif()
  add_executable(${target} ${source} ${ARGN})
  target_link_libraries(${target} PRIVATE
    busyhour $<$<BOOL:${BUSYHOUR_ENGINE}>:busyhour_engine> fmt::fmt busyhour_warnings)
  target_compile_definitions(${target} PRIVATE BUSYHOUR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()

add_custom_target(busyhour_bench)
file(GLOB sources CONFIGURE_DEPENDS bench/*.cpp)
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  busyhour_program(bench_${name} ${source})
  if(TARGET bench_${name})
    set_target_properties(bench_${name} PROPERTIES UNITY_BUILD OFF)
    if(BUSYHOUR_SANITIZE)  # would only slow them down
      set_target_properties(bench_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
    add_dependencies(busyhour_bench bench_${name})
  endif()
endforeach()

# The engine is measured as a program of its own, from outside.
if(TARGET bench_sip)
  if(BUSYHOUR_ENGINE AND TARGET busyhour_cli)
    target_sources(bench_sip PRIVATE
      bench/support/generators.cpp bench/support/process.cpp
      bench/support/tls_client.cpp bench/support/udp_client.cpp)
    target_compile_definitions(bench_sip PRIVATE BUSYHOUR_PROGRAM="$<TARGET_FILE:busyhour_cli>")
    target_link_libraries(bench_sip PRIVATE OpenSSL::SSL)
    add_dependencies(bench_sip busyhour_cli)
  else()
    set_target_properties(bench_sip PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endif()

# So is the media relay.
if(TARGET bench_rtp AND BUSYHOUR_ENGINE AND TARGET busyhour_cli)
  target_sources(bench_rtp PRIVATE bench/support/process.cpp)
  target_compile_definitions(bench_rtp PRIVATE BUSYHOUR_PROGRAM="$<TARGET_FILE:busyhour_cli>")
  add_dependencies(bench_rtp busyhour_cli)
endif()

# An end of SRTP, which interop/srtp.sh puts before rtpengine.
if(BUSYHOUR_ENGINE AND NOT BUSYHOUR_FUZZ)
  busyhour_program(srtp_peer interop/harness/srtp_peer.cpp)
  if(TEST "interop: srtp")
    set_property(TEST "interop: srtp" APPEND PROPERTY ENVIRONMENT
      "SRTP_PEER=$<TARGET_FILE:srtp_peer>")
  endif()
endif()

# The parser is measured beside libosip2 (LGPL), which nothing but this benchmark is linked with.
find_path(osip_include_dir osipparser2/osip_parser.h)
find_library(osip_parser_library osipparser2)
if(TARGET bench_sip_parser AND osip_include_dir AND osip_parser_library)
  target_compile_definitions(bench_sip_parser PRIVATE BUSYHOUR_WITH_OSIP)
  target_include_directories(bench_sip_parser SYSTEM PRIVATE ${osip_include_dir})
  target_link_libraries(bench_sip_parser PRIVATE ${osip_parser_library})
endif()

file(GLOB sources CONFIGURE_DEPENDS fuzz/*.cpp)
list(FILTER sources EXCLUDE REGEX "/replay\\.cpp$")
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  if(BUSYHOUR_FUZZ)
    busyhour_program(fuzz_${name} ${source})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    busyhour_program(fuzz_${name} ${source} fuzz/replay.cpp)
    if(TARGET fuzz_${name})
      add_test(NAME "fuzz: the corpus of ${name}"
               COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
      set_tests_properties("fuzz: the corpus of ${name}" PROPERTIES LABELS fuzz TIMEOUT 300)
    endif()
  endif()
endforeach()
