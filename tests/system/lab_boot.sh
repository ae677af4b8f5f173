#!/bin/sh
# Becomes process 1 of a test host: lab_boot.sh TREE PLACE NAME CGROUP, inside new mount, process, uts and ipc namespaces.
# TREE is the system all hosts share, read only; PLACE/changed is what this one changes; CGROUP a folder for it alone.
set -e
tree=$1 place=$2 name=$3 cgroup=$4
if [ -z "$5" ]; then
  mkdir -p "$cgroup"
  echo 0 >"$cgroup/cgroup.procs"
  # Its cgroups begin here.
  exec unshare --cgroup sh "$0" "$tree" "$place" "$name" "$cgroup" inside
fi
echo "$name" >/proc/sys/kernel/hostname
root=$place/root
mkdir -p "$root" "$place/changed" "$place/work"
mount -t overlay "$name" -o "lowerdir=$tree,upperdir=$place/changed,workdir=$place/work" "$root"

mount -t proc proc "$root/proc"
# Settings of the kernel are the machine's, but for those of the network, which is the host's own.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind /proc/sys/net "$root/proc/sys/net"
if [ -e "$root/proc/sysrq-trigger" ]; then
  mount --bind /dev/null "$root/proc/sysrq-trigger"
fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,size=64m shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755,size=64m run "$root/run"

cd "$root"
pivot_root . .
umount -l .
# What only the machine itself may do: set its clock, load modules, make devices.
exec setpriv --bounding-set=-sys_time,-sys_module,-mknod,-sys_rawio,-sys_boot \
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lab LANG=C.UTF-8 chroot . /lib/systemd/systemd
