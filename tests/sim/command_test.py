"""What `kelek sim` prints, and how it ends."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "native"))
import etcd_trace  # noqa: E402
import perfetto_trace  # noqa: E402

KELEK = sys.argv[1]


def run(*arguments, status=0):
    done = subprocess.run([KELEK, "sim", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def summary(*arguments):
    return json.loads(run("run", "--json", *arguments).stdout.splitlines()[-1])


def same_seeds_give_the_same_run():
    once = summary("--seeds", "1..200", "--jobs", "1")
    again = summary("--seeds", "1..200", "--jobs", "3")
    for changing in ("seconds", "deliveries_per_second"):
        once.pop(changing)
        again.pop(changing)
    assert once == again, (once, again)
    assert once["seeds"] == 200 and once["violations"] == 0 and not once["stopped"]
    assert once["deliveries"] > 100_000 and once["shapes"] > 1_000
    other = summary("--seeds", "201..400")
    assert other["digest"] != once["digest"]


def a_replay_gives_the_digest_of_the_seed():
    once = json.loads(run("replay", "7", "--json").stdout)
    again = json.loads(run("replay", "7", "--json").stdout)
    assert once == again and once["violation"] == ""
    told = run("replay", "7").stdout
    assert once["digest"] in told and once["swarm"] in told
    traced = run("replay", "7", "--trace").stdout
    assert "Raft §5.2" in traced and once["digest"] in traced


def a_replay_has_the_forms_of_others():
    etcd_trace.check(run("replay", "7", "--format", "etcd").stdout, duplicates=True)
    perfetto_trace.check(run("replay", "7", "--format", "perfetto").stdout)
    run("replay", "7", "--format", "crayon", status=2)


def the_log_gives_runs_as_well():
    assert summary("--seeds", "1..5", "--disk", "log")["deliveries"] > 1_000


def steered_runs_turn_and_can_be_done_again():
    once = summary("--seeds", "1..150", "--jobs", "1", "--steer")
    again = summary("--seeds", "1..150", "--jobs", "1", "--steer")
    assert once["digest"] == again["digest"] != summary("--seeds", "1..150")["digest"], (once, again)
    straight = json.loads(run("replay", "7", "--json").stdout)
    turned = json.loads(run("replay", "7@200:5", "--json").stdout)
    assert turned["digest"] == json.loads(run("replay", "7@200:5", "--json").stdout)["digest"] != straight["digest"]
    assert "no seed" in run("replay", "7@5:", status=2).stderr


def histories_are_judged_and_kept():
    with tempfile.TemporaryDirectory() as folder:
        told = summary("--seeds", "1..20", "--judge-every", "2", "--save-histories", folder)
        assert told["histories"] == 10 and told["operations"] > 500, told
        files = sorted(Path(folder).glob("*.jsonl"))
        assert len(files) == 10, files
        judged = subprocess.run([KELEK, "history", "check", "--json", *files], capture_output=True, text=True, check=True)
        verdicts = [json.loads(line)["judgement"] for line in judged.stdout.splitlines()]
        assert verdicts == ["linearizable"] * 10, verdicts
    assert summary("--seeds", "1..20")["histories"] == 20
    assert "is not a folder" in run("run", "--save-histories", "/nowhere", status=2).stderr


def an_interrupt_ends_it_with_a_summary():
    running = subprocess.Popen([KELEK, "sim", "run", "--seeds", "1..100000000", "--json"], stdout=subprocess.PIPE,
                               text=True)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 0, told
    last = json.loads(told.splitlines()[-1])
    assert last["stopped"] and 0 < last["seeds"] < 100000000


def every_state_is_looked_at():
    told = json.loads(run("explore", "--terms", "1", "--json").stdout)
    assert told["complete"] and told["violation"] == "" and told["states"] == 13984, told
    text = run("explore", "--terms", "1").stdout
    assert "complete, no invariant broken" in text and "13984 states" in text, text


def an_interrupt_ends_the_search_too():
    running = subprocess.Popen([KELEK, "sim", "explore", "--terms", "3", "--entries", "2", "--json"],
                               stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    told = json.loads(running.communicate(timeout=60)[0].splitlines()[-1])
    assert running.returncode == 0 and not told["complete"] and told["states"] > 0, told


def bad_use_is_told():
    assert "the number of nodes must be 1 to 5, not 9" in run("explore", "--nodes", "9", status=2).stderr
    assert "--seeds" in run("run", "--seeds", "9..1", status=2).stderr
    assert "--seeds" in run("run", "--seeds", "x", status=2).stderr
    run("run", "--disk", "paper", status=2)
    run("replay", status=2)
    for leaf in ("run", "replay", "explore"):
        assert "kelek sim " + leaf in run(leaf, "--help").stdout


same_seeds_give_the_same_run()
a_replay_gives_the_digest_of_the_seed()
a_replay_has_the_forms_of_others()
the_log_gives_runs_as_well()
steered_runs_turn_and_can_be_done_again()
histories_are_judged_and_kept()
an_interrupt_ends_it_with_a_summary()
every_state_is_looked_at()
an_interrupt_ends_the_search_too()
bad_use_is_told()
print("kelek sim does what it says")
