# Writes OUTPUT, a C++ file that holds the INPUTS as text.
set(text "// Generated from the model files.\nnamespace gridlock::link {\nextern const char* const kBuiltinModels[];\nconst char* const kBuiltinModels[] = {\n")
foreach(input IN LISTS INPUTS)
  file(READ "${input}" content)
  string(APPEND text "R\"models(${content})models\",\n")
endforeach()
string(APPEND text "nullptr};\n}  // namespace gridlock::link\n")
file(WRITE "${OUTPUT}" "${text}")
