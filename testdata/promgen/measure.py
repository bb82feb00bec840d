"""Measures Promgen and promshard on the same fleet, in turns, and prints rows for docs/performance.md.

    FLEET=1700,17000 DATABASE_URL=sqlite:////tmp/fleet.sqlite3 python fill.py
    DATABASE_URL=sqlite:////tmp/fleet.sqlite3 python measure.py PROMSHARD

PROMSHARD is the program. It imports the fleet from Promgen's database into one of its own first. Both databases are SQLite files in
the same folder. TURNS is how many turns there are, 11 by default.
"""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("SECRET_KEY", "not a secret: nobody signs in")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promgen.settings")
os.environ.setdefault("PROMGEN_CONFIG", "/nonexistent/promgen.yml")

import django  # noqa: E402

django.setup()

from promgen import models, tasks  # noqa: E402

TURNS = int(os.environ.get("TURNS", "11"))
PROMSHARD = os.path.abspath(sys.argv[1])
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="measure"))
PROMGEN = os.path.join(os.path.dirname(sys.executable), "promgen")
DATABASE = f"sqlite://{FOLDER}/promshard.db"


def run(*args, ok=(0,)):
    """Runs a command to its end: seconds, seconds of processor, bytes of memory at the most."""
    began = time.perf_counter()
    p = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    took = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in ok:
        raise SystemExit(f"{args} ended with {status}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def shard(*args, **kwargs):
    return run(PROMSHARD, "--database", DATABASE, *args, **kwargs)


def processor(pid):
    """Seconds of processor that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def in_turns(ours, theirs):
    """Runs both in turns, and gives the figures of each turn."""
    return [(ours(i), theirs(i)) for i in range(-1, TURNS)][1:]  # the first turn warms up


def row(what, turns, pick, show):
    ours, theirs = [pick(o) for o, _ in turns], [pick(t) for _, t in turns]
    ratio = statistics.median(o / t for o, t in zip(ours, theirs))
    print(f"| {what} | {show(statistics.median(ours))} | {show(statistics.median(theirs))} | 1/{1 / ratio:.1f} |", flush=True)


def seconds(s):
    return f"{s:.2f} s" if s >= 1 else f"{s * 1000:.0f} ms" if s >= 0.01 else f"{s * 1000:.1f} ms"


def mebibytes(b):
    return f"{b / 2**20:.0f} MiB"


def targets(file):
    return sum(len(g["targets"]) for g in json.loads(pathlib.Path(file).read_text()))


def whole_commands():
    ours, theirs = str(FOLDER / "ours.json"), str(FOLDER / "theirs.json")
    turns = in_turns(lambda i: shard("export-targets", ours), lambda i: run(PROMGEN, "export-targets", theirs))
    assert targets(ours) == targets(theirs), "both write the same number of targets"
    row("the command `export-targets FILE`", turns, lambda f: f[0], seconds)
    row("the same, processor time", turns, lambda f: f[1], seconds)
    row("the same, memory at the most", turns, lambda f: f[2], mebibytes)


class Agent:
    """A server and an agent of promshard that are up, with the file of one shard in place."""

    def __init__(self):
        self.file = FOLDER / "agent.json"
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{s.getsockname()[1]}"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.server = subprocess.Popen([PROMSHARD, "--database", DATABASE, "serve", f"--web.listen-address={address}"], **quiet)
        self.agent = subprocess.Popen([PROMSHARD, "agent", f"--server=http://{address}", "--shard=shard0", f"--targets-file={self.file}",
                                       "--coalesce-interval=0s"], **quiet)
        self.wait(lambda: self.file.exists())

    def wait(self, until):
        deadline = time.monotonic() + 60
        while not until():
            if time.monotonic() > deadline:
                raise SystemExit("the agent has not written")
            time.sleep(0.001)

    def add(self, i):
        """From the start of the command that adds a host to the file that has it."""
        before, used = self.file.stat().st_ino, processor(self.server.pid) + processor(self.agent.pid)
        began = time.perf_counter()
        command = subprocess.Popen([PROMSHARD, "--database", DATABASE, "register-host", "project0", f"measured{i}.example.com"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: self.file.stat().st_ino != before)
        took = time.perf_counter() - began
        command.wait()
        assert f"measured{i}.example.com" in self.file.read_text()
        return took, processor(self.server.pid) + processor(self.agent.pid) - used

    def close(self):
        for p in (self.agent, self.server):
            p.terminate()
            p.wait()


def worker(i):
    """From the start of the write that adds a host to the file that has it, in a process that is up, as a worker is."""
    file = str(FOLDER / "worker.json")
    farm = models.Project.objects.get(name="project0").farm
    began, used = time.perf_counter(), time.process_time()
    models.Host.objects.bulk_create([models.Host(farm=farm, name=f"measured{i}.example.com")])
    tasks.write_config(file, reload=False)
    took, used = time.perf_counter() - began, time.process_time() - used
    assert f"measured{i}.example.com" in pathlib.Path(file).read_text()
    return took, used


def one_change():
    agent = Agent()
    turns = in_turns(agent.add, worker)
    agent.close()
    row("one host added, from the write to the file in place", turns, lambda f: f[0], seconds)
    ours = sum(o[1] for o, _ in turns) / len(turns)  # too short for the clock of the kernel, one by one
    theirs = sum(t[1] for _, t in turns) / len(turns)
    print(f"| the same, processor time of server and agent, and of the worker | {seconds(ours)} | {seconds(theirs)} | 1/{theirs / ours:.1f} |")


def main():
    promgens = "sqlite:" + os.environ["DATABASE_URL"].split("://", 1)[1][1:]
    first = shard("import", "promgen", "--from", promgens)
    again = [shard("import", "promgen", "--from", promgens) for _ in range(3)]
    print(f"import promgen: {seconds(first[0])} the first time ({mebibytes(first[2])} of memory at the most), "
          f"{seconds(statistics.median(a[0] for a in again))} when nothing has changed")
    print("| what | promshard | Promgen | ratio |\n| --- | --- | --- | --- |")
    whole_commands()
    one_change()


main()
