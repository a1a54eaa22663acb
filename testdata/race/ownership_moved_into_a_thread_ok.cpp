// gridlock: mode=static  expect-none: data-race
//
// The unique_ptr is moved into the thread; main does not touch the object any more.
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct Job {
  std::string name;
  std::vector<int> input;
  long result = 0;
};

static void execute(std::unique_ptr<Job> job) {
  for (int n : job->input) job->result += n;
  job->name += " (done)";
}

int main() {
  auto job = std::make_unique<Job>();
  job->name = "sum of all the numbers in the list";
  job->input = {1, 2, 3};
  std::thread worker(execute, std::move(job));
  worker.join();
}
