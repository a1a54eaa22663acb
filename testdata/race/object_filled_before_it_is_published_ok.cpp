// gridlock: mode=static,runtime  expect-none: data-race
//
// A fresh object belongs to its maker until it is in the registry; afterwards it only is read.
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct Device {
  int id = 0;
  int speed = 0;
};

static std::mutex mutex;
static std::vector<std::shared_ptr<Device>> devices;

static void plugIn() {
  for (int i = 0; i < 300; ++i) {
    auto device = std::make_shared<Device>();
    device->speed = 100;
    device->id = i;
    std::lock_guard<std::mutex> guard(mutex);
    devices.push_back(device);
  }
}

static long scan() {
  long total = 0;
  for (int i = 0; i < 300; ++i) {
    std::lock_guard<std::mutex> guard(mutex);
    for (const std::shared_ptr<Device> &device : devices) total += device->speed;
  }
  return total;
}

int main() {
  std::thread bus(plugIn);
  long total = scan();
  bus.join();
  return total >= 0 ? 0 : 1;
}
