"""A fresh Request Tracker on loopback, of Debian's packages: its own SQLite file, a clock the test moves, no mail.

Installed by `make test-live`: msmtp-mta request-tracker5 rt5-standalone rt5-db-sqlite sqlite3 faketime. Everything else is
made here, unprivileged, in the folder it is given.
"""
from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

SERVER = Path("/usr/share/request-tracker5/libexec/standalone_httpd")
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
AGENTS = ("ann", "bob", "cat")
READERS = {"reader": "UTC", "reader_west": "America/New_York", "reader_east": "Pacific/Auckland"}
QUEUES = ("Billing", "Technical", "Escalations")

CONFIG = """
Set($rtname, 'peer.test'); Set($Organization, 'peer.test');
Set($CorrespondAddress, 'rt@peer.test'); Set($CommentAddress, 'rt-comment@peer.test');
Set($Timezone, 'UTC'); Set($WebDomain, '127.0.0.1'); Set($WebPort, PORT); Set($WebPath, ''); Set($WebBaseURL, 'http://127.0.0.1:PORT');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, 'FOLDER/rt.sqlite'); Set($DatabaseHost, ''); Set($DatabasePort, '');
Set($DatabaseUser, ''); Set($DatabasePassword, '');
Set($MailCommand, 'testfile'); Set($LogToSTDERR, 'error'); Set($LogToSyslog, undef); Set($LogToFile, undef); Set($LogDir, 'FOLDER/log');
Set($MasonDataDir, 'FOLDER/mason'); Set($MasonSessionDir, 'FOLDER/session'); Set($BcryptCost, 4);
Set(%GnuPG, Enable => 0); Set(%SMIME, Enable => 0);
1;
"""
# Rights cannot be granted over the interface of 5.0.3, so the data file does; a queue stays hidden from readers.
SEED = """
@Queues = (QUEUES, { Name => 'Hidden', Lifecycle => 'default', SLADisabled => 1 });
@Groups = ({ Name => 'Staff' }, { Name => 'Readers' });
@Users = (USERS);
@Members = (MEMBERS);
@CustomFields = ({ Name => 'Root Cause', Type => 'SelectSingle', LookupType => 'RT::Queue-RT::Ticket', ApplyTo => [NAMES],
                   Values => [ { Name => 'Bug', SortOrder => 1 }, { Name => 'How-to', SortOrder => 2 } ] });
@ACL = ((map { { GroupDomain => 'UserDefined', GroupId => 'Staff', Right => $_ } }
           qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ModifyTicket OwnTicket TakeTicket StealTicket ReassignTicket CommentOnTicket ReplyToTicket
              SeeCustomField ModifyCustomField DeleteTicket)),
        (map { my $queue = $_; map { { GroupDomain => 'UserDefined', GroupId => 'Readers', Queue => $queue, Right => $_ } }
           qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField) } (NAMES)),
        (map { { GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ } } qw(CreateTicket ReplyToTicket)));
1;
"""
TOKENS = """
use lib '/usr/share/request-tracker5/lib'; use RT -init; use RT::AuthToken;
for my $name (qw(PEOPLE)) {
    my $user = RT::User->new(RT->SystemUser); $user->Load($name);
    my $token = RT::AuthToken->new(RT->SystemUser);
    my ($ok, $said, $text) = $token->Create(Owner => $user->id, Description => 'test'); print "$name $text\\n";
}
my $scrips = RT::Scrips->new(RT->SystemUser); $scrips->UnLimit;
while (my $scrip = $scrips->Next) {
    $scrip->SetDisabled(1) if $scrip->ActionObj && ($scrip->ActionObj->ExecModule || '') =~ /Notify|SendForward|Autoreply/;
}
"""


def lacking() -> str | None:
    """What this machine lacks for a Request Tracker, None where one can be started."""
    if shutil.which("rt-setup-database-5") is None or not SERVER.exists():
        return "Request Tracker 5 is not installed (Debian: request-tracker5 rt5-standalone rt5-db-sqlite)"
    return None if FAKETIME else "libfaketime is not installed (Debian: faketime)"


class Peer:
    """The running tracker. `now` is its clock; `as_user` asks it something in someone's name."""

    def __init__(self, folder: Path, begins: datetime):
        self.folder, self.now = folder, begins
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Peer:
        for name in ("log", "mason", "session", "none"):
            (self.folder / name).mkdir(parents=True)
        config = self._written("RT_SiteConfig.pm", CONFIG.replace("PORT", str(self.port)).replace("FOLDER", str(self.folder)))
        people = [*AGENTS, *READERS]
        seed = SEED.replace("QUEUES", ", ".join(f"{{ Name => '{q}', Lifecycle => 'default', SLADisabled => 1 }}" for q in QUEUES))
        seed = seed.replace("USERS", ", ".join(
            f"{{ Name => '{u}', EmailAddress => '{u}@peer.test', Password => 'secret-{u}', Privileged => 1, Timezone => '{READERS.get(u, 'UTC')}' }}" for u in people))
        seed = seed.replace("MEMBERS", ", ".join(
            f"{{ Group => '{'Staff' if u in AGENTS else 'Readers'}', GroupDomain => 'UserDefined', Class => 'RT::User', Name => '{u}' }}" for u in people))
        seed = seed.replace("NAMES", ", ".join(f"'{q}'" for q in QUEUES))
        self._environment = os.environ | {"RT_SITE_CONFIG": str(config), "RT_SITE_CONFIG_DIR": str(self.folder / "none"), "TZ": "UTC"}
        self._run("rt-setup-database-5", "--action", "init", "--skip-create", "--dba", "", "--dba-password", "")
        self._run("rt-setup-database-5", "--action", "insert", "--datafile", str(self._written("seed", seed)), "--dba", "", "--dba-password", "")
        told = self._run("perl", str(self._written("tokens.pl", TOKENS.replace("PEOPLE", " ".join(["root", *people])))))
        self.tokens = dict(line.split() for line in told.splitlines() if line.count(" ") == 1)
        self.tick(0)
        clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"), "FAKETIME_NO_CACHE": "1"}
        self.log = (self.folder / "log" / "http").open("w")
        self.process = subprocess.Popen([str(SERVER), "--host", "127.0.0.1", "--port", str(self.port)], env=self._environment | clock,
                                        stdout=self.log, stderr=self.log)
        self.session = requests.Session()
        self.session.trust_env = False
        for _ in range(300):
            try:
                self.session.get(self.base + "/REST/2.0/rt", timeout=5)
                return self
            except requests.ConnectionError:
                time.sleep(0.1)
        raise RuntimeError(f"Request Tracker did not start: {(self.folder / 'log' / 'http').read_text()[-500:]}")

    def __exit__(self, *problem: Any) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()

    def _written(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name

    def _run(self, *words: str) -> str:
        done = subprocess.run(words, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return done.stdout

    def tick(self, minutes: float) -> datetime:
        """Move its clock on."""
        self.now += timedelta(minutes=minutes)
        (self.folder / "clock").write_text(self.now.strftime("%Y-%m-%d %H:%M:%S\n"), encoding="utf-8")
        return self.now

    def clock(self) -> datetime:
        return self.now.replace(tzinfo=UTC)

    def as_user(self, user: str, method: str, path: str, body: Any) -> Any:
        """What the interface answers; a refusal is an error of the test."""
        answer = self.session.request(method, self.base + "/REST/2.0" + path, json=body, headers={"Authorization": f"token {self.tokens[user]}"}, timeout=60)
        assert answer.status_code < 300, (user, method, path, answer.status_code, answer.text[:300])
        return answer.json()
