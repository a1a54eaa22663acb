// A load for memcached: four connections, pipelined sets and gets by the text protocol. Prints
// nothing; the CPU time that counts is the server's, which scripts/bench reads from /proc.
//
//   gridlock_bench_memcached_load PORT REQUESTS
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kConnections = 4;
constexpr int kBatch = 50;

int connectTo(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("gridlock_bench_memcached_load: connect");
    std::exit(2);
  }
  return fd;
}

// Every tenth request of a batch is a set, the others get a key that may be missing. The answers are
// read up to the last one, that of the version command at the end.
void load(int port, int first_key, int requests) {
  const int fd = connectTo(port);
  std::string buffer(1 << 16, 0);
  for (int done = 0; done < requests; done += kBatch) {
    std::string batch;
    for (int i = 0; i < kBatch; ++i) {
      const std::string key = "key" + std::to_string((first_key + done * 7 + i * 131) % 20000);
      batch += i % 10 == 0 ? "set " + key + " 0 0 10\r\n0123456789\r\n" : "get " + key + "\r\n";
    }
    batch += "version\r\n";
    if (write(fd, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size())) {
      std::exit(3);
    }
    std::string tail;
    while (tail.find("VERSION ") == std::string::npos || tail.back() != '\n') {
      const ssize_t got = read(fd, buffer.data(), buffer.size());
      if (got <= 0) {
        std::exit(3);
      }
      tail.append(buffer.data(), static_cast<std::size_t>(got));
      if (tail.size() > 200) {
        tail.erase(0, tail.size() - 200);
      }
    }
  }
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: gridlock_bench_memcached_load PORT REQUESTS\n");
    return 2;
  }
  std::vector<std::thread> connections;
  for (int i = 0; i < kConnections; ++i) {
    connections.emplace_back(load, std::atoi(argv[1]), i * 5000, std::atoi(argv[2]) / kConnections);
  }
  for (auto& connection : connections) {
    connection.join();
  }
  return 0;
}
