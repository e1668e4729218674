"""How blocking clients are interrupted, closed, forked, and ended with the interpreter."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from servers import EVENT_STREAM, Peer, RawServer, Request, answer, chunk, silence, then

from flexsdk.blocking import Fleece

Serve = Callable[..., RawServer]

AGENTS = answer(200, b'{"data":[]}')
TOKENS = EVENT_STREAM + chunk(b'event: token\ndata: {"delta":"a"}\n\n')


def run_script(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter of its own that takes each warning for an error, and tells of all."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", text, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_an_interrupt_cancels_the_call(serve: Serve, on_server_loop: Any) -> None:
    gone = asyncio.Event()

    async def interrupt(request: Request, peer: Peer) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await peer.until_gone()
        gone.set()

    with Fleece("flc_test_1", base_url=serve(interrupt, AGENTS).url) as fleece:
        with pytest.raises(KeyboardInterrupt):
            fleece.agents.get("a")

        on_server_loop(gone.wait())
        assert fleece.agents.list().collect() == []


def test_a_client_that_nobody_holds_is_closed(serve: Serve, on_server_loop: Any) -> None:
    gone = asyncio.Event()

    async def keep(request: Request, peer: Peer) -> None:
        await peer.send(AGENTS)
        await peer.until_gone()
        gone.set()

    fleece = Fleece("flc_test_1", base_url=serve(keep).url)
    assert fleece.agents.list().collect() == []

    del fleece

    on_server_loop(gone.wait())


LEAVES_ALL_OPEN = """
import sys, threading
from flexsdk.blocking import Flapjack
client = Flapjack("fj_test_1", base_url=sys.argv[1])
stream = client.threads.stream("t", "Hello")
stream.__enter__()
walk = iter(stream)
print(next(walk).delta)
other = Flapjack("fj_test_2", base_url=sys.argv[1])
threading.Thread(target=other.agents.get, args=("a",), daemon=True).start()
"""


def test_the_interpreter_ends_silently_with_everything_left_open(serve: Serve) -> None:
    server = serve(then(TOKENS, silence), silence)

    ended = run_script(LEAVES_ALL_OPEN, server.url)

    assert (ended.stdout, ended.stderr, ended.returncode) == ("a\n", "", 0)


STOPS_AT_EXIT = """
import asyncio, sys
from flexsdk.blocking import Flapjack
async def slowly(call, forward):
    if "stop" in call.op.id:
        await asyncio.sleep(0.05)  # so that nobody gets it by luck
    return await forward(call)
client = Flapjack("fj_test_1", base_url=sys.argv[1], middlewares=[slowly])
stream = client.threads.stream("t", "Hello", stop_on_exit=True)
next(stream.__enter__())
"""


def test_what_is_to_be_said_on_closing_is_said_at_the_end_of_the_interpreter(serve: Serve) -> None:
    server = serve(then(TOKENS, silence), answer())

    ended = run_script(STOPS_AT_EXIT, server.url)

    assert (ended.stderr, ended.returncode) == ("", 0)
    assert "/stop" in server.lines[-1]


FORKS = """
import os, sys, warnings
from flexsdk.blocking import Fleece
from flexsdk.errors import ConfigError
client = Fleece("flc_test_1", base_url=sys.argv[1])
client.agents.list().collect()
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, from Python 3.12 on
child = os.fork()
if child:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
else:
    try:
        client.agents.list().collect()
    except ConfigError as error:
        print(error, flush=True)
    with Fleece("flc_test_1", base_url=sys.argv[1]) as anew:
        print(anew.agents.list().collect(), flush=True)
    os._exit(7)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_makes_its_clients_anew(serve: Serve) -> None:
    ended = run_script(FORKS, serve(AGENTS, AGENTS).url)

    said = "the process was forked since this client was made; make a new one\n[]\n7\n"
    assert (ended.stdout, ended.stderr, ended.returncode) == (said, "", 0)


def test_nothing_is_loaded_before_a_client_is_named() -> None:
    ended = run_script("import sys, flexsdk.blocking; print('flexsdk.platforms.fleece' in sys.modules)")

    assert (ended.stdout, ended.stderr) == ("False\n", "")
