// Report loading and schema validation; see report_json.h.
#include "tests/support/report_json.h"

#include <cstdio>
#include <fstream>
#include <memory>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gridlock::support {
namespace {

// One line in (a file name), one line out ("ok" or "PLACE: what is wrong"). Ends when we do: it
// reads the end of its input.
class Validator {
 public:
  Validator() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
    std::fflush(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 0);
      dup2(ends[1], 1);
      execlp("python3", "python3", GRIDLOCK_SOURCE_DIR "/tests/support/validate_reports.py",
             GRIDLOCK_SOURCE_DIR "/analyzer/report/report.schema.json", nullptr);
      _exit(127);
    }
    close(ends[1]);
    channel_ = ends[0];
  }
  ~Validator() {
    if (channel_ >= 0) close(channel_);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
  }
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  std::string ask(const std::string& file) {
    std::string line = file + "\n";
    if (channel_ < 0 || send(channel_, line.data(), line.size(), MSG_NOSIGNAL) < 0)
      return "the validator does not run";
    std::string answer;
    char c;
    while (read(channel_, &c, 1) == 1) {
      if (c == '\n') return answer;
      answer += c;
    }
    return "the validator ended (is python3-jsonschema installed?) " + answer;
  }

 private:
  pid_t pid_ = -1;
  int channel_ = -1;
};

}  // namespace

Status validateReport(const std::filesystem::path& file) {
  static Validator validator;
  std::string answer = validator.ask(std::filesystem::absolute(file));
  if (answer == "ok") return ok();
  return Error{"not valid against report.schema.json: " + answer, file};
}

Result<nlohmann::json> loadReport(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return Error{"there is no report", file};
  nlohmann::json report = nlohmann::json::parse(stream, nullptr, false);
  if (report.is_discarded()) return Error{"is not JSON", file};
  Status valid = validateReport(file);
  if (!valid) return valid.error();
  return report;
}

}  // namespace gridlock::support
