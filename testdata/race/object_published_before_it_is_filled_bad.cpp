// gridlock: mode=static
//
// The pointer goes into the shared registry, under its lock, and only then the object is filled in.
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
    {
      std::lock_guard<std::mutex> guard(mutex);
      devices.push_back(device);
    }
    device->speed = 100;  // expect: data-race
  }
}

static long scan() {
  long total = 0;
  for (int i = 0; i < 300; ++i) {
    std::lock_guard<std::mutex> guard(mutex);
    for (const std::shared_ptr<Device> &device : devices) total += device->speed;  // also: data-race
  }
  return total;
}

int main() {
  std::thread bus(plugIn);
  long total = scan();
  bus.join();
  return total >= 0 ? 0 : 1;
}
