# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor for what runs inside: `cxla-guest monitor COMMAND` sends a line over
the port of the verdict, and has the answer back over it."""

import json
import socket


def _connect(path):
    """A connected socket, or None as long as nobody listens."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(str(path))
    except OSError:
        link.close()
        return None
    return link


class Monitor:
    """The machine protocol, with commands of the human monitor in it."""

    def __init__(self, path):
        self.link = _connect(path)
        if not self.link:
            raise OSError(f"{path}: QEMU does not listen")
        self.link.settimeout(30)
        # only to read: one that has something to write yet can't be closed when QEMU is gone
        self.answers = self.link.makefile("r", encoding="utf-8")
        try:
            self.answers.readline()     # its greeting
            self._execute("qmp_capabilities")
        except (OSError, ValueError):
            self.close()
            raise

    def close(self):
        self.answers.close()
        self.link.close()

    def _execute(self, command, **arguments):
        self.link.sendall((json.dumps({"execute": command, "arguments": arguments}) + "\n").encode())
        while line := self.answers.readline():
            answer = json.loads(line)
            if "event" not in answer:
                return answer
        raise OSError("QEMU has closed its monitor")

    def human(self, command):
        """What the monitor prints, lines ended by newlines alone."""
        answer = self._execute("human-monitor-command", **{"command-line": command})
        text = answer.get("return", answer.get("error", {}).get("desc", ""))
        return text.replace("\r", ""), "error" in answer


class Requests:
    """Lines that the machine sends to its port; those that begin with "monitor"
    are answered. To be asked often: never waits for the machine. It may end at any time,
    which is no error here: nothing comes any more."""

    def __init__(self, port, monitor):
        self.port, self.monitor_path = port, monitor
        self.link = self.monitor = None
        self.rest = b""

    def poll(self):
        self.link = self.link or _connect(self.port)
        if not self.link:
            return
        try:
            self.rest += self.link.recv(4096, socket.MSG_DONTWAIT)
            *lines, self.rest = self.rest.split(b"\n")
            for line in lines:
                word, _, command = line.decode("utf-8", "replace").strip().partition(" ")
                if word == "monitor":
                    number, _, command = command.partition(" ")
                    self.link.sendall(self._answer(number, command).encode())
        except OSError:
            return

    def _human(self, command):
        """OSError when it does not answer; the next one asks anew, and gets no answer to this."""
        try:
            self.monitor = self.monitor or Monitor(self.monitor_path)
            return self.monitor.human(command)
        except (OSError, ValueError) as error:
            if self.monitor:
                self.monitor.close()
            self.monitor = None
            raise OSError(str(error)) from error

    def ask(self, command):
        """For ourselves, what the monitor prints. OSError when it does not answer."""
        return self._human(command)[0]

    def _answer(self, number, command):
        try:
            text, failed = self._human(command)
        except OSError as error:
            text, failed = str(error), True
        # the human monitor has no status: what it complains of it says
        failed = failed or text.startswith("Error:")
        lines = [f"{number} {line}" for line in text.splitlines()]
        return "\n".join([*lines, f"{number}. {'failed' if failed else 'ok'}"]) + "\n"

    def close(self):
        for end in (self.link, self.monitor):
            if end:
                end.close()
