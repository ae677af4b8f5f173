"""A cluster's authority, made as users make it: by `aops cluster ca`."""
import os
import subprocess


class made_authority:
    """Certificates in `folder`; what `cluster.certificates` wants."""

    def __init__(self, folder, bin):
        self.folder, self.program = folder, os.path.join(bin, "aops")
        self.ca("init")

    def ca(self, *words, code=0):
        """Returns what `aops cluster ca` said."""
        env = dict(os.environ, XDG_CONFIG_HOME=self.folder, NO_COLOR="1")
        done = subprocess.run([self.program, "cluster", "ca", *words, "--ca_dir", self.folder], env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        assert done.returncode == code, f"aops cluster ca {words} ended with {done.returncode}: {done.stderr}"
        return done.stdout + done.stderr

    def file(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, address, *words, code=0):
        return self.ca("issue", name, "--address", address, *words, code=code)

    def revoke(self, name):
        """Nodes that were given `settings` see it at once: the list is replaced where they read it."""
        return self.ca("revoke", name)

    def settings(self, it):
        if not os.path.exists(self.file(it.name + ".pem")):
            self.issue(it.name, it.space.address if it.space else "127.0.0.1")
        return [f"cluster.certificate={self.file(it.name)}.pem", f"cluster.key={self.file(it.name)}.key",
                f"cluster.ca={self.file('ca.pem')}", f"cluster.revoked={self.file('crl.pem')}"]


def make_authority(folder, bin):
    """@param bin Folder of the programs."""
    return made_authority(folder, bin)
