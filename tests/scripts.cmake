# Scripts as tests. Those under cli/ and interop/ find the program in $BUSYHOUR and the source tree
# in $SOURCE_DIR.

set(lint ${CMAKE_CURRENT_SOURCE_DIR}/lint)
foreach(name layers units sources format)
  add_test(NAME "lint: ${name}" COMMAND ${lint}/${name}.sh ${PROJECT_SOURCE_DIR})
endforeach()
add_test(NAME "lint: pure" COMMAND ${lint}/pure.sh $<TARGET_FILE:busyhour>)
add_test(NAME "lint: public headers compile alone"
         COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR}
                 --target busyhour_verify_interface_header_sets)
set_tests_properties("lint: public headers compile alone" PROPERTIES RUN_SERIAL ON TIMEOUT 600)

function(busyhour_script_tests label)
  file(GLOB scripts CONFIGURE_DEPENDS ${label}/*.sh)
  foreach(script IN LISTS scripts)
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME "${label}: ${name}" COMMAND bash ${script})
    set_tests_properties("${label}: ${name}" PROPERTIES LABELS ${label} ${ARGN}
      ENVIRONMENT "BUSYHOUR=$<TARGET_FILE:busyhour_cli>;SOURCE_DIR=${PROJECT_SOURCE_DIR}")
  endforeach()
endfunction()

if(TARGET busyhour_cli)
  busyhour_script_tests(cli TIMEOUT 300)
  if(BUSYHOUR_ENGINE)
    busyhour_script_tests(interop TIMEOUT 600 RUN_SERIAL ON)
  endif()
  add_test(NAME "examples: every deployment" COMMAND ${lint}/examples.sh ${PROJECT_SOURCE_DIR})
  set_tests_properties("examples: every deployment" PROPERTIES
    LABELS cli ENVIRONMENT "BUSYHOUR=$<TARGET_FILE:busyhour_cli>")
  if(NOT BUSYHOUR_SANITIZE)  # the consumer is built without
    add_test(NAME "examples: embed"
             COMMAND ${lint}/embed.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}
                     ${PROJECT_BINARY_DIR}/prefix)
    set_tests_properties("examples: embed" PROPERTIES RUN_SERIAL ON TIMEOUT 300)
  endif()
endif()
