// A group of nodes in one thread, driven by hand: takes each node's Ready, stores it in memory, delivers its messages.
use raft::eraftpb::{Message, Snapshot};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};

/// Every log is compacted after so many applied entries.
const COMPACT_EVERY: u64 = 1024;

pub struct Member {
    pub node: RawNode<MemStorage>,
    pub storage: MemStorage,
    pub applied: u64,
    pub inbox: Vec<Message>,
    compacted: u64,
}

pub struct Group {
    pub members: Vec<Member>,
    pub messages: u64,
    pub reads: u64,
}

#[derive(Clone, Copy)]
pub struct GroupOptions {
    pub batch_append: bool,
    pub check_quorum: bool,
    pub election_ticks: usize,
}

impl Default for GroupOptions {
    fn default() -> Self {
        GroupOptions { batch_append: false, check_quorum: false, election_ticks: 10 }
    }
}

fn new_member(id: u64, voters: &[u64], options: GroupOptions, logger: &slog::Logger) -> Member {
    let storage = MemStorage::new();
    // A snapshot at index 1 carries the configuration.
    let mut first = Snapshot::default();
    first.mut_metadata().index = 1;
    first.mut_metadata().term = 1;
    first.mut_metadata().mut_conf_state().voters = voters.to_vec();
    storage.wl().apply_snapshot(first).unwrap();
    let config = Config {
        id,
        election_tick: options.election_ticks,
        heartbeat_tick: 1,
        max_size_per_msg: 1 << 20,
        max_inflight_msgs: 256,
        applied: 1,
        batch_append: options.batch_append,
        check_quorum: options.check_quorum,
        ..Default::default()
    };
    let node = RawNode::new(&config, storage.clone(), logger).unwrap();
    Member { node, storage, applied: 1, inbox: Vec::new(), compacted: 1 }
}

impl Group {
    pub fn new(size: u64, options: GroupOptions) -> Group {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let voters: Vec<u64> = (1..=size).collect();
        let members = voters.iter().map(|&id| new_member(id, &voters, options, &logger)).collect();
        Group { members, messages: 0, reads: 0 }
    }

    fn route(&mut self, messages: Vec<Message>) {
        for message in messages {
            let to = message.to as usize - 1;
            self.members[to].inbox.push(message);
        }
    }

    /// Does what one Ready of a member asks for; false if there was none.
    fn handle(&mut self, i: usize) -> bool {
        let member = &mut self.members[i];
        if !member.node.has_ready() {
            return false;
        }
        let mut ready = member.node.ready();
        self.reads += ready.read_states().len() as u64;
        let at_once = ready.take_messages();
        if let Some(entry) = ready.committed_entries().last() {
            member.applied = entry.index;
        }
        if !ready.entries().is_empty() {
            member.storage.wl().append(ready.entries()).unwrap();
        }
        if let Some(state) = ready.hs() {
            member.storage.wl().set_hardstate(state.clone());
        }
        let after = ready.take_persisted_messages();
        let mut light = member.node.advance(ready);
        if let Some(commit) = light.commit_index() {
            member.storage.wl().mut_hard_state().commit = commit;
        }
        if let Some(entry) = light.committed_entries().last() {
            member.applied = entry.index;
        }
        let last = light.take_messages();
        member.node.advance_apply();
        self.route(at_once);
        self.route(after);
        self.route(last);
        true
    }

    fn deliver(&mut self, i: usize) -> bool {
        let member = &mut self.members[i];
        if member.inbox.is_empty() {
            return false;
        }
        let mut messages = std::mem::take(&mut member.inbox);
        self.messages += messages.len() as u64;
        for message in messages.drain(..) {
            let _ = member.node.step(message);
        }
        member.inbox = messages;
        true
    }

    /// Lets every member act once; false when nothing moves any more.
    pub fn pass(&mut self) -> bool {
        let mut moved = false;
        for i in 0..self.members.len() {
            moved |= self.handle(i);
        }
        for i in 0..self.members.len() {
            moved |= self.deliver(i);
        }
        moved
    }

    pub fn settle(&mut self) {
        while self.pass() {}
    }

    pub fn compact(&mut self) {
        for member in &mut self.members {
            if member.applied - member.compacted >= COMPACT_EVERY {
                member.storage.wl().compact(member.applied).unwrap();
                member.compacted = member.applied;
            }
        }
    }

    pub fn is_led(&self) -> bool {
        self.members[0].node.raft.state == StateRole::Leader
    }

    /// Makes the first member the leader, and settles.
    pub fn elect(&mut self) {
        self.members[0].node.campaign().unwrap();
        self.settle();
        assert!(self.is_led());
    }
}
