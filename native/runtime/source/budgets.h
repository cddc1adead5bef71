// Budgets: how much each client, and all of them together, may have waiting. Beyond it a request is refused at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <kelek/runtime/coordinator_options.h>

namespace kelek::runtime {

class Budgets {
 public:
  explicit Budgets(const QueueLimits& limits) : limits_(limits) {}

  /// Empty: taken, and to be given back once. Otherwise a sentence that says which limit is reached.
  std::string take(std::string_view client, std::size_t bytes);
  void give_back(std::string_view client, std::size_t bytes);

  std::size_t requests() const { return requests_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t clients() const { return used_.size(); }

 private:
  struct Use {
    std::size_t requests = 0;
    std::size_t bytes = 0;
  };

  QueueLimits limits_;
  std::size_t requests_ = 0;
  std::size_t bytes_ = 0;
  std::map<std::string, Use, std::less<>> used_;
};

}  // namespace kelek::runtime
