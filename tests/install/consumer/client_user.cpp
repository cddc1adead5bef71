// A program of somebody else's that uses the installed client: it links, runs, and gets a plain answer to bad use.
#include <iostream>

#include <kelek/client/client.h>

namespace client = kelek::client;

int main() {
  const auto answer = client::Client::create(client::ClientOptions{});
  if (answer.ok() || answer.problem.kind != client::ProblemKind::bad_use || answer.problem.text.empty()) {
    std::cerr << "a client without coordinators should say so\n";
    return 1;
  }
  std::cout << "as it should, the client said: " << answer.problem.text << "\n";
  return 0;
}
