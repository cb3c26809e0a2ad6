#!/usr/bin/env python3
"""Runs a command on a terminal of its own: what it shows goes to stdout, what is typed comes from stdin."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios


def relay(terminal):
    sources = [terminal, 0]
    while True:
        for source in select.select(sources, [], [])[0]:
            try:
                piece = os.read(source, 65536)
            except OSError:  # EIO: nobody has the terminal any more
                piece = b""
            if source == terminal and not piece:
                return
            if source == 0 and not piece:
                sources.remove(0)
            os.write(1 if source == terminal else terminal, piece)


columns, *command = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
    os.execvp(command[0], command)
relay(fd)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
