// The README's twenty lines that use the client, as they stand there: they compile, and say what is wrong with a key
// file that is not there.
#include <iostream>
#include <string>

#include <kelek/client/client.h>
#include <kelek/client/lock.h>

namespace {

const std::string server_key_1(40, 'a');
const std::string server_key_2(40, 'b');

int complain(const std::string& text) {
  std::cout << "as it should, the client said: " << text << "\n";
  return 0;
}

int run() {
#include "client_sample.inc"
  std::cerr << "a client without a key file should say so\n";
  return 1;
}

}  // namespace

int main() {
  return run();
}
