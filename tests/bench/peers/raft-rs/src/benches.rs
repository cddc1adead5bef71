// The benches: each row of the table in tests/bench/README.md.
use crate::group::{Group, GroupOptions};
use crate::measure::{live_bytes, report, report_bytes, Sample, Settings, Stopwatch};
use bytes::Bytes;
use raft::eraftpb::{Entry, Message, MessageType};
use std::time::Instant;

/// Runs `operation` (which does `ops` at a time) until the time of a run is over, several times.
fn repeat(settings: &Settings, group: &mut Group, ops: u64, mut operation: impl FnMut(&mut Group)) -> Vec<Sample> {
    let mut samples = Vec::new();
    for _ in 0..settings.runs {
        let mut sample = Sample::default();
        let messages = group.messages;
        let (watch, begun) = (Stopwatch::start(), Instant::now());
        while begun.elapsed() < settings.run_time {
            for _ in 0..1 + 512 / ops {
                operation(group);
                sample.ops += ops;
            }
        }
        watch.stop(&mut sample);
        sample.messages = group.messages - messages;
        samples.push(sample);
    }
    samples
}

/// What RawNode::propose() makes, but for the copy of the payload that it takes.
fn proposal(data: &Bytes, entries: u64) -> Message {
    let mut message = Message::default();
    message.set_msg_type(MessageType::MsgPropose);
    message.from = 1;
    for _ in 0..entries {
        let mut entry = Entry::default();
        entry.data = data.clone();
        message.entries.push(entry);
    }
    message
}

/// A round is `batch` proposals at the leader and everything until all have applied all of them.
/// as_one: they are given as one message; merged: one call each, with the option batch_append.
pub fn throughput(settings: &Settings, nodes: u64, payload: u64, batch: u64, mode: &str) {
    let bench = format!("throughput/{}", mode);
    if !settings.wants(&bench) {
        return;
    }
    let mut group = Group::new(nodes, GroupOptions { batch_append: mode == "merged", ..Default::default() });
    group.elect();
    let data = Bytes::from(vec![0u8; payload as usize]);
    let round = |group: &mut Group| {
        let (calls, entries) = if mode == "as_one" { (1, batch) } else { (batch, 1) };
        for _ in 0..calls {
            group.members[0].node.raft.step(proposal(&data, entries)).unwrap();
        }
        group.settle();
        group.compact();
    };
    for _ in 0..20000 / batch + 2 {
        round(&mut group);
    }
    let samples = repeat(settings, &mut group, batch, round);
    assert!(group.members.iter().all(|member| member.applied == group.members[0].applied));
    report(&bench, &[("nodes", nodes), ("payload", payload), ("batch", batch)], samples);
}

/// Fresh groups, built before the clock starts, until the first member leads.
pub fn election(settings: &Settings, nodes: u64) {
    if !settings.wants("election") {
        return;
    }
    let at_once = 1 + 192 / nodes;
    let mut samples = Vec::new();
    for _ in 0..settings.runs {
        let mut sample = Sample::default();
        let begun = Instant::now();
        while begun.elapsed() < 2 * settings.run_time {
            let mut groups: Vec<Group> = (0..at_once).map(|_| Group::new(nodes, Default::default())).collect();
            let watch = Stopwatch::start();
            for group in &mut groups {
                group.members[0].node.campaign().unwrap();
                while !group.is_led() {
                    group.pass();
                }
            }
            watch.stop(&mut sample);
            sample.messages += groups.iter().map(|group| group.messages).sum::<u64>();
            sample.ops += at_once;
        }
        samples.push(sample);
    }
    report("election", &[("nodes", nodes)], samples);
}

/// One tick of the leader and all that it causes.
pub fn heartbeat(settings: &Settings, nodes: u64) {
    if !settings.wants("heartbeat") {
        return;
    }
    let mut group = Group::new(nodes, GroupOptions { check_quorum: true, ..Default::default() });
    group.elect();
    let samples = repeat(settings, &mut group, 1, |group| {
        group.members[0].node.tick();
        group.settle();
    });
    report("heartbeat", &[("nodes", nodes)], samples);
}

/// `batch` reads wait at the leader and are confirmed.
pub fn quorum_reads(settings: &Settings, nodes: u64, batch: u64) {
    if !settings.wants("quorum_read") {
        return;
    }
    let mut group = Group::new(nodes, Default::default());
    group.elect();
    let contexts: Vec<Vec<u8>> = (0..batch).map(|i| format!("read{:08}", i).into_bytes()).collect();
    let mut asked = 0;
    let samples = repeat(settings, &mut group, batch, |group| {
        for context in &contexts {
            group.members[0].node.read_index(context.clone());
        }
        asked += batch;
        group.settle();
    });
    assert!(group.reads == asked);
    report("quorum_read", &[("nodes", nodes), ("batch", batch)], samples);
}

/// A follower's tick with nothing to do; its election timeout is too far away to be reached.
pub fn idle_tick(settings: &Settings) {
    if !settings.wants("tick") {
        return;
    }
    let mut group = Group::new(3, GroupOptions { election_ticks: 1 << 40, ..Default::default() });
    group.elect();
    let ticks = 1024;
    let samples = repeat(settings, &mut group, ticks, |group| {
        for _ in 0..ticks {
            group.members[1].node.tick();
        }
    });
    report("tick", &[], samples);
}

/// Live heap of a node after an election and compaction.
pub fn idle_memory(settings: &Settings, nodes: u64, count: u64) {
    if !settings.wants("idle_memory") {
        return;
    }
    let mut groups = Vec::with_capacity(count as usize);
    let before = live_bytes();
    for _ in 0..count {
        let mut group = Group::new(nodes, Default::default());
        group.elect();
        for member in &mut group.members {
            member.inbox = Vec::new();
            member.storage.wl().compact(member.applied).unwrap();
        }
        groups.push(group);
    }
    report_bytes("idle_memory", nodes, (live_bytes() - before) as f64 / (count * nodes) as f64);
}

/// Making one node of a group of so many.
pub fn build(settings: &Settings, nodes: u64) {
    if !settings.wants("build") {
        return;
    }
    let mut samples = Vec::new();
    for _ in 0..settings.runs {
        let mut sample = Sample::default();
        let watch = Stopwatch::start();
        let group = Group::new(nodes, Default::default());
        watch.stop(&mut sample);
        sample.ops = nodes;
        drop(group);
        samples.push(sample);
    }
    report("build", &[("nodes", nodes)], samples);
}
