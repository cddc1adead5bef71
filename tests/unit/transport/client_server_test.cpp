// Clients: requests with who asks, answers back, and a reason for every connection that fails.
#include <array>

#include "fixture.h"

namespace kelek::transport::test {
namespace {

struct Coordinator {
  explicit Coordinator(const TransportOptions& options = {}, std::string_view address = "127.0.0.1:0")
      : keys(new_keys()) {
    network = std::move(Network::start(options, registry, audit.sink()).value());
    clients = std::move(ClientServer::open(*network, copy_of(keys)).value());
    endpoint = clients->bind(address).value();
  }

  void authorise(const PublicKey& key, const std::string& name, ClientRoles roles) {
    list.push_back({key, name, roles, {}});
    REQUIRE(registry.set_clients(list));
  }
  ClientFrame next_frame() {
    ClientFrame frame;
    REQUIRE(eventually([&] { return clients->receive(frame); }, {clients->poll_item()}));
    return frame;
  }

  KeyPair keys;
  IdentityRegistry registry;
  Audit audit;
  std::vector<AuthorisedClient> list;
  std::unique_ptr<Network> network;
  std::unique_ptr<ClientServer> clients;
  std::string endpoint;
};

struct Agent {
  explicit Agent(const TransportOptions& options = {}) : keys(new_keys()) {
    network = std::move(ClientNetwork::start(options).value());
  }

  ClientLink connect(const std::string& endpoint, const PublicKey& server_key) {
    socket.reset();
    socket = std::move(ClientSocket::connect(*network, endpoint, server_key, keys).value());
    return socket->wait_until_connected(patience);
  }
  std::optional<raft::Payload> next_frame() {
    std::optional<raft::Payload> frame;
    eventually([&] {
      socket->poll(2ms);
      frame = socket->receive();
      return frame.has_value();
    });
    return frame;
  }

  KeyPair keys;
  std::unique_ptr<ClientNetwork> network;
  std::unique_ptr<ClientSocket> socket;
};

}  // namespace

TEST_CASE("A request comes with who asks and which roles; the answer goes back", "[clients]") {
  Coordinator coordinator;
  Agent agent;
  coordinator.authorise(agent.keys.public_key, "reviewer-1", {ClientRole::read, ClientRole::propose});
  REQUIRE(agent.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
  REQUIRE(agent.socket->send(bytes_of("request")) == SendOutcome::sent);
  const ClientFrame request = coordinator.next_frame();
  CHECK(request.bytes.text() == "request");
  CHECK(request.client->name == "reviewer-1");
  CHECK(request.client->roles == ClientRoles{ClientRole::read, ClientRole::propose});
  CHECK(request.client->key == agent.keys.public_key);
  CHECK(request.client->fingerprint == agent.keys.public_key.fingerprint());

  REQUIRE(coordinator.clients->send(request.connection, bytes_of("answer")) == SendOutcome::sent);
  CHECK(agent.next_frame()->text() == "answer");
  const raft::Payload large = raft::Payload::copy_of(std::string(TransportOptions().max_client_frame_bytes, 'x'));
  REQUIRE(coordinator.clients->send(request.connection, large) == SendOutcome::sent);
  CHECK(agent.next_frame() == large);
  REQUIRE(agent.socket->send(large) == SendOutcome::sent);
  CHECK(coordinator.next_frame().bytes == large);

  const std::string too_large(large.size() + 1, 'x');
  CHECK(agent.socket->send(bytes_of(too_large)) == SendOutcome::too_large);
  CHECK(coordinator.clients->send(request.connection, bytes_of(too_large)) == SendOutcome::too_large);
  CHECK(coordinator.clients->counters().frames_sent == 2);
  CHECK(coordinator.clients->counters().frames_received == 2);
}

TEST_CASE("Each client gets its own answers", "[clients]") {
  Coordinator coordinator;
  std::array<Agent, 3> agents;
  for (std::size_t i = 0; i < agents.size(); ++i) {
    coordinator.authorise(agents[i].keys.public_key, "agent-" + std::to_string(i), {ClientRole::read});
    REQUIRE(agents[i].connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
    REQUIRE(agents[i].socket->send(bytes_of(std::to_string(i))) == SendOutcome::sent);
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const ClientFrame request = coordinator.next_frame();
    CHECK(request.client->name == "agent-" + std::string(request.bytes.text()));
    coordinator.clients->send(request.connection, bytes_of("to " + request.client->name));
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    CHECK(agents[i].next_frame()->text() == "to agent-" + std::to_string(i));
  }
}

TEST_CASE("A client learns why it is not connected", "[clients]") {
  Coordinator coordinator;
  Agent agent;
  SECTION("its key is unknown") {
    CHECK(agent.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::unknown_key);
    CHECK_THAT(agent.socket->link_text(),
               Catch::Contains("does not know our key " + agent.keys.public_key.fingerprint()));
    CHECK(eventually([&] { return coordinator.audit.has(AuditEvent::unknown_key); }));
    CHECK(coordinator.audit.records().front().domain == Domain::client);
  }
  SECTION("the server has another key") {
    coordinator.authorise(agent.keys.public_key, "agent", {ClientRole::read});
    const PublicKey other = new_keys().public_key;
    CHECK(agent.connect(coordinator.endpoint, other) == ClientLink::wrong_server_key);
    CHECK_THAT(agent.socket->link_text(), Catch::Contains(other.fingerprint()));
  }
  SECTION("nobody listens") {
    CHECK(agent.connect("127.0.0.1:1", coordinator.keys.public_key) == ClientLink::nobody_listens);
    CHECK_THAT(agent.socket->link_text(), Catch::Contains("nobody listens at tcp://127.0.0.1:1"));
  }
  SECTION("it is a member's key on the clients' socket") {
    REQUIRE(coordinator.registry.set_peer(2, agent.keys.public_key));
    CHECK(agent.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::unknown_key);
  }
  CHECK(agent.socket->send(bytes_of("x")) == SendOutcome::gone);
}

TEST_CASE("A server that accepts and says nothing is given up when the handshake's time is up", "[clients]") {
  TransportOptions options;
  options.handshake_timeout = 200ms;
  IdentityRegistry registry;
  void* context = zmq_ctx_new();
  {
    // ZMQ_STREAM is bare TCP.
    const Socket silent(zmq_socket(context, ZMQ_STREAM));
    OptionSetter(silent).number(ZMQ_LINGER, 0);
    REQUIRE(zmq_bind(silent.get(), "tcp://127.0.0.1:*") == 0);
    Agent agent(options);
    CHECK(agent.connect(last_endpoint(silent), new_keys().public_key) == ClientLink::nobody_listens);
  }
  zmq_ctx_term(context);
}

TEST_CASE("Addresses that are none and hosts that are unknown are errors at once", "[clients]") {
  const Agent agent;
  const PublicKey key = new_keys().public_key;
  CHECK_FALSE(ClientSocket::connect(*agent.network, "nowhere", key, agent.keys));
  const auto unknown = ClientSocket::connect(*agent.network, "no-such-host.invalid:7000", key, agent.keys);
  REQUIRE_FALSE(unknown);
  CHECK_THAT(unknown.error().text, Catch::Contains("no-such-host.invalid:7000"));
}

TEST_CASE("A client sees that the coordinator is gone, and the coordinator that the client is", "[clients]") {
  auto coordinator = std::make_unique<Coordinator>();
  Agent agent;
  coordinator->authorise(agent.keys.public_key, "agent", {ClientRole::read});
  REQUIRE(agent.connect(coordinator->endpoint, coordinator->keys.public_key) == ClientLink::connected);
  REQUIRE(agent.socket->send(bytes_of("watch")) == SendOutcome::sent);
  const ConnectionId connection = coordinator->next_frame().connection;
  SECTION("the coordinator goes; what it sent before still arrives") {
    REQUIRE(coordinator->clients->send(connection, bytes_of("last words")) == SendOutcome::sent);
    CHECK(agent.next_frame()->text() == "last words");
    coordinator.reset();
    REQUIRE(eventually([&] {
      agent.socket->poll(5ms);
      return agent.socket->link() == ClientLink::closed;
    }));
    CHECK(agent.socket->send(bytes_of("x")) == SendOutcome::gone);
  }
  SECTION("the coordinator goes while the client is idle: whoever waits after that is not kept waiting") {
    coordinator.reset();
    REQUIRE(eventually([&] { return agent.socket->send(bytes_of("x")) == SendOutcome::gone; }));
    const auto before = std::chrono::steady_clock::now();
    agent.socket->poll(patience);
    CHECK(std::chrono::steady_clock::now() - before < patience / 2);
    CHECK(agent.socket->link() == ClientLink::closed);
  }
  SECTION("the client goes") {
    agent.socket.reset();
    REQUIRE(eventually([&] { return coordinator->clients->send(connection, bytes_of("event")) == SendOutcome::gone; },
                       {coordinator->clients->poll_item()}));
    CHECK(coordinator->clients->send(12345, bytes_of("event")) == SendOutcome::gone);
  }
}

TEST_CASE("Roles that change hold from the next request on; a client that is struck off is not heard", "[clients]") {
  Coordinator coordinator;
  Agent agent;
  coordinator.authorise(agent.keys.public_key, "agent", {ClientRole::read});
  REQUIRE(agent.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
  REQUIRE(agent.socket->send(bytes_of("1")) == SendOutcome::sent);
  CHECK(coordinator.next_frame().client->roles == ClientRoles{ClientRole::read});
  coordinator.list.clear();
  coordinator.authorise(agent.keys.public_key, "agent", {ClientRole::admin});
  REQUIRE(agent.socket->send(bytes_of("2")) == SendOutcome::sent);
  CHECK(coordinator.next_frame().client->roles == ClientRoles{ClientRole::admin});
  REQUIRE(coordinator.registry.set_clients({}));
  REQUIRE(agent.socket->send(bytes_of("3")) == SendOutcome::sent);
  REQUIRE(eventually([&] {
    ClientFrame frame;
    CHECK_FALSE(coordinator.clients->receive(frame));
    return coordinator.clients->counters().listener.frames_refused == 1;
  }));
}

TEST_CASE("A client that does not read costs a bounded queue, and the others nothing", "[clients]") {
  Coordinator coordinator;
  Agent reader;
  Agent deaf;
  coordinator.authorise(reader.keys.public_key, "reader", {ClientRole::read});
  coordinator.authorise(deaf.keys.public_key, "deaf", {ClientRole::read});
  REQUIRE(deaf.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
  REQUIRE(deaf.socket->send(bytes_of("watch")) == SendOutcome::sent);
  const ConnectionId deaf_connection = coordinator.next_frame().connection;
  REQUIRE(reader.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
  REQUIRE(reader.socket->send(bytes_of("watch")) == SendOutcome::sent);
  const ConnectionId reader_connection = coordinator.next_frame().connection;

  const raft::Payload event = raft::Payload::copy_of(std::string(1 << 20, 'x'));
  // The deaf one's side takes its receive queue; bytes on their way are bounded here.
  REQUIRE(eventually([&] {
    coordinator.clients->send(deaf_connection, event);
    return coordinator.clients->counters().frames_dropped >= 200;
  }));
  REQUIRE(coordinator.clients->send(reader_connection, event) == SendOutcome::sent);
  CHECK(reader.next_frame() == event);
  REQUIRE(reader.socket->send(bytes_of("next")) == SendOutcome::sent);
  CHECK(coordinator.next_frame().client->name == "reader");
}

TEST_CASE("A connection that named itself is not taken: it could take another's name", "[clients]") {
  Coordinator coordinator;
  const KeyPair keys = new_keys();
  coordinator.authorise(keys.public_key, "agent", {ClientRole::read});
  Stranger stranger;
  stranger.use_curve(keys, coordinator.keys.public_key);
  stranger.set().text(ZMQ_ROUTING_ID, "12345");
  stranger.connect(coordinator.endpoint);
  REQUIRE(eventually([&] { return stranger.send("x"); }));
  REQUIRE(eventually([&] {
    ClientFrame frame;
    CHECK_FALSE(coordinator.clients->receive(frame));
    return coordinator.clients->counters().listener.frames_refused == 1;
  }));
}

TEST_CASE("A waiting client is woken by another thread's Wakeup", "[clients]") {
  Coordinator coordinator;
  Agent agent;
  coordinator.authorise(agent.keys.public_key, "agent", {ClientRole::read});
  REQUIRE(agent.connect(coordinator.endpoint, coordinator.keys.public_key) == ClientLink::connected);
  auto wakeup = Wakeup::create();
  wakeup->notify();
  const auto before = std::chrono::steady_clock::now();
  agent.socket->poll(patience, wakeup->descriptor());
  CHECK(std::chrono::steady_clock::now() - before < patience / 2);
}

TEST_CASE("The clients' port in use is an error that names it", "[clients]") {
  const Coordinator coordinator;
  IdentityRegistry registry;
  const auto network = Network::start({}, registry, {});
  const auto used = std::move(ClientServer::open(**network, new_keys()).value())->bind(coordinator.endpoint);
  REQUIRE_FALSE(used);
  CHECK(used.error().problem == Problem::address_in_use);
  CHECK_THAT(used.error().text, Catch::Contains(coordinator.endpoint));
}

}  // namespace kelek::transport::test
