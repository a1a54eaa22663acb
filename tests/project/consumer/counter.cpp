// A count that two threads write: one half of a race, the other stands in counting.cpp.
int total;

int bump() { return ++total; }
