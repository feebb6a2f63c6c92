"""Workers as the benchmark sees them: pinned processes, stopped while another one is timed."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent.parent

# Held to AVX2: oneDNN inside PyTorch and TensorFlow, PyTorch's own kernels, its MKL, OpenBLAS, faiss, Go.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "FAISS_OPT_LEVEL": "avx2",
    "GODEBUG": "cpu.avx512f=off",
}

# By default glibc returns every large array to the system, and each layer pays for fresh pages:
# that halves PyTorch's speed. With these it keeps the memory.
KEEP_MEMORY = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(1 << 28),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
}


class WorkerError(Exception):
    """A worker refused a request, or died."""


def cores() -> list[int]:
    """Returns one logical processor of each physical core that this process may use."""
    if not hasattr(os, "sched_getaffinity"):  # macOS
        return list(range(os.cpu_count() or 1))
    chosen, taken = [], set()
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = siblings.read_text().strip() if siblings.exists() else str(cpu)
        if core not in taken:
            taken.add(core)
            chosen.append(cpu)
    return chosen


class Process:
    """A worker process. It runs only while it answers a request."""

    def __init__(self, name: str, command: list[str], cpus: list[int], environment: dict[str, str]) -> None:
        self.name = name
        self.messages = tempfile.TemporaryFile("w+")  # libraries print a lot; shown when the worker dies
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.messages,
            text=True,
            env=os.environ | environment,
            preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if hasattr(os, "sched_setaffinity") else None,
        )
        self.stopped = False

    def ask(self, **request: object) -> dict:
        """Sends a request and returns the answer."""
        self._resume()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.messages.seek(0)
            raise WorkerError(f"{self.name} is gone. Its last messages:\n{self.messages.read()[-2000:]}")
        answer = json.loads(line)
        self.process.send_signal(signal.SIGSTOP)
        self.stopped = True
        if "error" in answer:
            raise WorkerError(f"{self.name}: {answer['error']}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._resume()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.messages.close()

    def _resume(self) -> None:
        if self.stopped:
            self.process.send_signal(signal.SIGCONT)
            self.stopped = False


def exemplar(binary: pathlib.Path, cpus: list[int], environment: dict[str, str]) -> Process:
    """Starts this project's worker."""
    return Process("exemplar", [str(binary)], cpus, environment | {"GOMAXPROCS": str(len(cpus))})


def peer(python: str, engine: str, cpus: list[int], callers: int, environment: dict[str, str]) -> Process:
    """Starts another program's worker: callers threads that each run the engine on its share of the cores."""
    threads = len(cpus) // callers
    libraries = {
        "PYTHONPATH": str(BENCH),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",  # no further processes
        "CUDA_VISIBLE_DEVICES": "-1",
    }
    libraries |= KEEP_MEMORY
    command = [python, "-m", "peers.worker", engine, str(threads), str(callers)]
    return Process(engine, command, cpus, environment | libraries)
