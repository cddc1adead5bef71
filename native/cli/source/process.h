// Child processes that never outlive their parent, and the signals that ask a command to stop.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace kelek::cli {

struct SpawnOptions {
  /// argv[0] included; found by PATH unless it has a slash.
  std::vector<std::string> arguments;
  /// Variables to set; all KELEK_* of the parent are taken away first if `clean_environment`.
  std::vector<std::pair<std::string, std::string>> environment;
  bool clean_environment = false;
  /// The child's standard output can be read with read_line().
  bool capture_output = false;
  /// Standard error is appended to this file; empty: the parent's.
  std::string error_file;
  /// A process group of its own: Ctrl-C on the terminal reaches only the parent.
  bool own_group = true;
  /// Sent to the child when the parent dies in whatever way (Linux); 0: nothing.
  int death_signal = 9;
};

/// Wait status as a shell gives it: the exit code, or 128 + the signal.
int shell_status(int wait_status);
std::string status_text(int shell_status);
/// The program that runs.
std::string own_program();

/// The line that makes `kelek` this program in a shell; empty where it is that already.
std::string path_line();

/// The kind of failure when there is no such program.
inline constexpr const char* command_not_found = "command_not_found";

class ChildProcess {
 public:
  /// Throws Failed that names the program and says why.
  static ChildProcess start(const SpawnOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  /// Kills (SIGKILL) and reaps what still runs.
  ~ChildProcess();

  pid_t id() const { return id_; }
  /// To the child, and to its whole group where it has one of its own.
  void send(int signal) const;
  /// Its shell status, if it has ended.
  std::optional<int> ended();
  /// Waits; nothing if it still runs at the end of the time.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  /// SIGTERM, and SIGKILL once the time is up.
  int stop(std::chrono::milliseconds grace);

  enum class ReadState { line, end, timeout, interrupted };
  /// The next line of captured output, without its end. Ends early (interrupted) when `interrupt_descriptor` becomes
  /// readable.
  ReadState read_line(std::string& line, std::chrono::milliseconds timeout, int interrupt_descriptor = -1);

 private:
  ChildProcess(pid_t id, bool own_group, int descriptor) : id_(id), own_group_(own_group), output_(descriptor) {}
  void release();

  pid_t id_ = -1;
  bool own_group_ = false;
  int output_ = -1;
  int process_ = -1;  // pidfd: readable once the child has ended
  std::string buffered_;
  std::optional<int> status_;
};

/// Blocks SIGINT, SIGTERM and SIGHUP for this process and the threads it starts later, and lets them be awaited.
/// Made once, before any thread is.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Readable when a signal has come.
  int descriptor() const { return descriptor_; }
  /// The signal that came, once each; 0 if none did in time.
  int wait(std::chrono::milliseconds timeout);
  /// Whether one came ever, taken or not.
  bool came();

 private:
  int descriptor_ = -1;
  bool came_ = false;
};

}  // namespace kelek::cli
