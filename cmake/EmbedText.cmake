# cmake -D INPUT=… -D OUTPUT=… -P EmbedText.cmake: a text file as C++ raw string literals.
# Compilers limit the length of one literal, so the text is cut; adjacent literals join.

file(READ "${INPUT}" text)
string(LENGTH "${text}" length)
set(out "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 part)
  string(APPEND out "R\"embedded(${part})embedded\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE "${OUTPUT}" "${out}")
