// A process that never takes a lock: what it costs more under the shim is the cost of starting.
int main() { return 0; }
