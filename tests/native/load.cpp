// kelek_load: appends numbered records to a topic, through one client with a session, and prints what became of each:
// "ok NUMBER OFFSET", "refused NUMBER 0" or "unknown NUMBER 0". Ends after
// --count of them; without a count, when standard input has a line. With --read it asks another coordinator after each
// acknowledgement, and ends with an error if that one has not heard of it.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <kelek/client/client.h>

#include "cluster_file.h"

using namespace kelek;

namespace {

struct Given {
  std::string cluster;
  std::string key;
  std::string topic;
  std::uint64_t count = 0;
  std::uint64_t pause_us = 0;
  std::size_t first = 0;  // which of the cluster's coordinators is tried first
  bool read = false;
};

Given parse(int count, char** arguments) {
  Given given;
  for (int i = 1; i < count; i += 2) {
    if (std::string(arguments[i]) == "--read") {
      given.read = true;
      --i;
      continue;
    }
    if (i + 1 == count) break;
    const std::string flag = arguments[i];
    const std::string value = arguments[i + 1];
    if (flag == "--cluster") given.cluster = value;
    if (flag == "--key") given.key = value;
    if (flag == "--topic") given.topic = value;
    if (flag == "--count") given.count = std::strtoull(value.c_str(), nullptr, 10);
    if (flag == "--first") given.first = std::strtoull(value.c_str(), nullptr, 10);
    if (flag == "--pause-us") given.pause_us = std::strtoull(value.c_str(), nullptr, 10);
  }
  return given;
}

bool told_to_end() {
  pollfd input{0, POLLIN, 0};
  return poll(&input, 1, 0) > 0;
}

void print(const client::Answer<machine::TopicResult>& answer, std::uint64_t number) {
  if (answer.ok()) {
    std::printf("ok %llu %llu\n", static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(answer.value.offset));
  } else {
    const bool refused = answer.kind == client::OutcomeKind::refused;
    std::printf("%s %llu 0\n", refused ? "refused" : "unknown", static_cast<unsigned long long>(number));
    std::fprintf(stderr, "record %llu: %s\n", static_cast<unsigned long long>(number), answer.problem.text.c_str());
  }
  std::fflush(stdout);
}

std::unique_ptr<client::Client> open_client(const Given& given, std::size_t first) {
  client::ClientOptions options;
  options.coordinators = cli::read_cluster_file(given.cluster).endpoints();
  const std::size_t turns = first % options.coordinators.size();
  std::rotate(options.coordinators.begin(), options.coordinators.begin() + static_cast<std::ptrdiff_t>(turns),
              options.coordinators.end());
  options.key_file = given.key;
  options.deadline_ms = 30'000;
  options.silence_ms = 400;
  auto opened = client::Client::create(options);
  if (!opened.ok()) std::fprintf(stderr, "%s\n", opened.problem.text.c_str());
  return std::move(opened.value);
}

/// Linearizable: what was acknowledged before the question is in the answer, whoever gives it.
bool has_heard_of(client::Client& reader, const std::string& topic, std::uint64_t offset) {
  const auto tail = reader.ask(wire::TopicTailQuery{topic, 1});
  if (!tail.ok()) return true;  // no answer is no old answer
  if (tail.value.end_offset > offset) return true;
  std::fprintf(stderr, "an old answer from coordinator %llu: offset %llu was acknowledged, and it knows %llu\n",
               static_cast<unsigned long long>(tail.member), static_cast<unsigned long long>(offset),
               static_cast<unsigned long long>(tail.value.end_offset));
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  const Given given = parse(count, arguments);
  const std::unique_ptr<client::Client> client = open_client(given, given.first);
  const std::unique_ptr<client::Client> reader = given.read ? open_client(given, given.first + 1) : nullptr;
  if (!client || (given.read && !reader)) return 1;
  for (std::uint64_t number = 1; given.count == 0 || number <= given.count; ++number) {
    if (given.count == 0 && told_to_end()) break;
    machine::TopicAppend append;
    append.topic = given.topic;
    append.payload = std::to_string(number);
    append.create_if_missing = true;
    const auto answer = client->execute(append);
    print(answer, number);
    if (reader && answer.ok() && !has_heard_of(*reader, given.topic, answer.value.offset)) return 2;
    if (given.pause_us > 0) client->run(std::chrono::milliseconds(given.pause_us / 1000));
  }
  return 0;
}
