"""Links between coordinators that can be cut, one direction or both: a forwarder in front of each peer port.

A coordinator advertises its forwarder's port; the forwarder tells by the socket's owner who connects, and passes the
bytes on. Where the link is cut, it closes what is open, and answers nothing on what is opened anew, as a network would
that loses all packets. (Refusing it would have it tried again a hundred times a second, and the forwarder would be too
busy to pass on in time what the others send.)
"""

import os
import selectors
import socket
import threading


class Links:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.fronts = {}      # listening socket -> node number
        self.backs = {}       # node number -> its real port
        self.pairs = {}       # socket -> (the other socket, (from, to))
        self.waiting = {}     # socket -> bytes that it has not taken yet; nothing is read for it meanwhile
        self.held = []        # (socket, (from, to)): connections over cut links
        self.cuts = set()
        self.pids = lambda: {}
        self.lock = threading.Lock()
        self.wake_out, self.wake_in = socket.socketpair()
        self.selector.register(self.wake_in, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.closing = False

    def front(self, number, real_port):
        """A port that leads to `real_port` of this node."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        self.fronts[listener] = number
        self.backs[number] = real_port
        self.selector.register(listener, selectors.EVENT_READ)
        return listener.getsockname()[1]

    def start(self, pids):
        """`pids` gives {process id: node number} whenever it is asked."""
        self.pids = pids
        self.thread.start()

    def cut(self, a, b):
        self.change(lambda: self.cuts.update({(a, b), (b, a)}))

    def cut_one_way(self, a, b):
        """Nothing from a reaches b any more."""
        self.change(lambda: self.cuts.add((a, b)))

    def isolate(self, number):
        for other in list(self.backs):
            if other != number:
                self.cut(number, other)

    def heal(self):
        self.change(self.cuts.clear)

    def change(self, action):
        with self.lock:
            action()
        self.wake_out.send(b"x")

    def close(self):
        self.closing = True
        self.wake_out.send(b"x")
        if self.thread.is_alive():
            self.thread.join()
        for each in [*self.fronts, *self.pairs, *(held for held, _ in self.held)]:
            each.close()

    # ---- the thread ----

    def run(self):
        while not self.closing:
            for key, events in self.selector.select():
                if key.fileobj is self.wake_in:
                    self.wake_in.recv(64)
                    self.drop_cut()
                elif key.fileobj in self.fronts:
                    self.accept(key.fileobj)
                elif key.fileobj in self.pairs and events & selectors.EVENT_WRITE:
                    self.flush(key.fileobj)
                elif key.fileobj in self.pairs:
                    self.forward(key.fileobj)

    def accept(self, listener):
        try:
            incoming, address = listener.accept()
        except OSError:
            return
        to = self.fronts[listener]
        link = (self.owner(address[1], listener.getsockname()[1]), to)
        with self.lock:
            cut = link in self.cuts
        if cut:
            self.held.append((incoming, link))
            return
        try:
            # Whoever cannot be told yet (its process has just begun) tries again: let in as nobody, it could not be cut.
            if link[0] == 0:
                raise OSError("nobody")
            outgoing = socket.create_connection(("127.0.0.1", self.backs[to]), timeout=1)
        except OSError:
            incoming.close()
            return
        for one, other in ((incoming, outgoing), (outgoing, incoming)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.setblocking(False)
            self.pairs[one] = (other, link)
            self.selector.register(one, selectors.EVENT_READ)

    def owner(self, port, front_port):
        """The node whose process has the connection from this local port to the forwarder's; 0 if none of ours has."""
        inode = None
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table:
                fields = line.split()
                if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{front_port:04X}"):
                    inode = fields[9]
                    break
        for pid, number in self.pids().items():
            try:
                for name in os.listdir(f"/proc/{pid}/fd"):
                    if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
                        return number
            except OSError:
                continue
        return 0

    def forward(self, one):
        other, _ = self.pairs[one]
        try:
            data = one.recv(65536)
            if not data:
                raise OSError("closed")
        except BlockingIOError:
            return
        except OSError:
            self.drop(one)
            return
        self.hand_on(data, other)

    def flush(self, other):
        """There is room again for what waits."""
        self.hand_on(self.waiting.pop(other, b""), other, waited=True)

    def hand_on(self, data, other, waited=False):
        """A process that stands still holds up its own links and no others."""
        one, _ = self.pairs[other]
        try:
            data = data[other.send(data):]
        except BlockingIOError:
            pass
        except OSError:
            self.drop(other)
            return
        if data:
            self.waiting[other] = data
        if data or waited:
            self.watch(one)
            self.watch(other)

    def watch(self, each):
        """What is waited for: room, where bytes wait for it; bytes, where none of its own wait at the other end."""
        events = selectors.EVENT_WRITE if each in self.waiting else 0
        if self.pairs[each][0] not in self.waiting:
            events |= selectors.EVENT_READ
        if each in self.selector.get_map():
            self.selector.unregister(each)
        if events:
            self.selector.register(each, events)

    def drop(self, one):
        other, _ = self.pairs[one]
        for each in (one, other):
            if each in self.selector.get_map():
                self.selector.unregister(each)
            self.waiting.pop(each, None)
            del self.pairs[each]
            each.close()

    def drop_cut(self):
        with self.lock:
            cuts = set(self.cuts)
        for one in list(self.pairs):
            if one in self.pairs and self.pairs[one][1] in cuts:
                self.drop(one)
        for held, link in self.held:
            if link not in cuts:
                held.close()
        self.held = [(held, link) for held, link in self.held if link in cuts]
