"""Builds and starts the image without Docker: `make image-check`.

Each stage is a throwaway overlay of this machine's own files, in which the Dockerfile's instructions
are carried out as they stand; a fresh environment stands for the base image. Then the image's command
runs as the image's user, without any right, with a read-only root, in a network of its own where only the
sysctl lets it have port 53; HEALTHCHECK and a question must succeed, and SIGTERM must end it with 0.

Needs root, for the mounts, and the package index, for the wheels.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.deploy import dockerfile
from tests.deploy.dockerfile import ROOT, Stage

QUESTION = "lookup web.bookshop.svc.cluster.local --server 127.0.0.1:53"

RUN = """\
ip link set lo up
echo 53 > /proc/sys/net/ipv4/ip_unprivileged_port_start
mount -t proc proc {root}/proc
cd / && exec chroot {root} setpriv --reuid={user} --regid={group} --clear-groups --no-new-privs \\
    --inh-caps=-all --bounding-set=-all env -i {environment} sh -euc {inside}
"""
INSIDE = """\
for folder in / /etc /opt /tmp; do
    if touch "$folder/written" 2>/dev/null; then echo "$folder can be written"; exit 1; fi
done
{server} & pid=$!
for try in $(seq 100); do
    {health} >/dev/null 2>&1 && break
    kill -0 $pid 2>/dev/null || exit 1
    sleep 0.2
done
{health} >/dev/null
svcdns {question} >/dev/null
kill -TERM $pid && wait $pid
"""


def sh(command: str, what: str = "") -> None:
    """Run it, and end with it where it fails."""
    done = subprocess.run(["sh", "-euc", command], stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"image-check: failed with {done.returncode}: {what or command}")


class Root:
    """The files of one stage."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "root"
        base = folder.parent / "base"
        self.environment = {"PATH": f"{base}/bin:/usr/bin:/bin"}
        self.folder = "/"
        (upper, work) = (folder / "upper", folder / "work")
        for item in (self.path, upper, work):
            item.mkdir(parents=True)

        sh(f"mount -t overlay image -o lowerdir=/,upperdir={upper},workdir={work} {self.path}")
        sh(f"mount --rbind /dev {self.path}/dev; mount -t proc proc {self.path}/proc")
        sh(f"mkdir -p {self.path}{base}; mount --bind {base} {self.path}{base}")
        # The interpreter may lie in a home that only its owner enters.
        for parent in (Path(sys.base_prefix), *Path(sys.base_prefix).parents):
            sh(f"chmod o+x {self.path}{parent}")

    def carry_out(self, stage: Stage, others: dict[str, "Root"]) -> None:
        """The instructions that change files; the rest is for who starts it."""
        for step in stage.steps:
            if step.word == "ENV":
                self.environment |= dockerfile.variables(step, self.environment)
            elif step.word == "WORKDIR":
                self.folder = step.text
                sh(f"mkdir -p {self.path}{step.text}")
            elif step.word == "COPY":
                self._copy(step.text, others)
            elif step.word == "RUN":
                environment = shlex.join(f"{name}={value}" for name, value in self.environment.items())
                inside = shlex.quote(f"cd {self.folder} && {step.text}")
                sh(f"exec chroot {self.path} env -i {environment} sh -euc {inside}", f"RUN {step.text}")

    def _copy(self, text: str, others: dict[str, "Root"]) -> None:
        origin, (*sources, target) = ROOT, shlex.split(text)
        if sources[0].startswith("--from="):
            origin = others[sources.pop(0).removeprefix("--from=")].path

        to = f"{self.path}{Path(self.folder, target)}"
        for source in sources:
            sh(f"cp -r {'-T' if not target.endswith('/') else ''} {origin}/{source} {to}")


def inside(folder: Path) -> None:
    """Build and start, in mounts of our own."""
    sh(f"mount -t tmpfs image {folder}")
    sh(f"{sys.executable} -m venv {folder}/base")
    roots: dict[str, Root] = {}
    *_, image = stages = dockerfile.read()
    for number, stage in enumerate(stages):
        created = roots[stage.name] = Root(folder / str(number))
        created.carry_out(stage, roots)

    sh(f"echo image-check: svcdns and its libraries have $(du -sh {created.path}/opt/svcdns | cut -f1)")
    examples = f"{created.path}/mnt/examples"
    sh(f"mkdir -p {examples} && mount --bind {ROOT}/deploy/examples {examples}")
    user, _, group = image.last("USER").text.partition(":")
    state = created.environment["SVCDNS_STATE_DIR"]
    sh(f"umount {created.path}/proc; mount -o remount,ro {created.path}")
    sh(f"mount -t tmpfs -o uid={user},gid={group},mode=755 state {created.path}{state}")
    command = [*image.last("ENTRYPOINT").command, *image.last("CMD").command, "--manifests", "/mnt/examples"]
    script = INSIDE.format(
        server=shlex.join(command),
        health=shlex.join(image.last("HEALTHCHECK").command),
        question=QUESTION,
    )
    environment = shlex.join(f"{name}={value}" for name, value in created.environment.items())
    run = RUN.format(
        root=created.path, user=user, group=group, environment=environment, inside=shlex.quote(script)
    )
    sh(f"exec unshare --net --pid --fork --kill-child sh -euc {shlex.quote(run)}", shlex.join(command))
    print("image-check: it builds, starts without rights, answers, and ends")


def main() -> None:
    """In a mount namespace, which takes all mounts with it."""
    if os.geteuid() != 0 or sys.platform != "linux":
        print("image-check: skipped, it needs root on Linux")
        return

    with tempfile.TemporaryDirectory() as folder:
        again = [sys.executable, "-m", "tests.deploy.image", folder]
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "--fork", *again], cwd=ROOT)
        sys.exit(done.returncode)


if __name__ == "__main__":
    inside(Path(sys.argv[1])) if len(sys.argv) > 1 else main()
