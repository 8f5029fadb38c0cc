# Starts a machine of one test: boot.sh ROOT DIST NAME INIT...
#
# A clean copy of the Debian in ROOT, in memory, with processes, network, mounts and control groups of its
# own, and INIT as its first process. DIST is /mnt/dist in it. All of it is gone when the process ends; what
# stays is the empty control group NAME.
set -e
if [ "$1" != inside ]; then
    root=$1 dist=$2 name=$3
    shift 3
    mount --make-rprivate /
    # What a systemd does by itself.
    ip link set lo up
    work=$(mktemp -d)
    mount -t tmpfs tmpfs "$work"
    cd "$work"
    mkdir groups upper work root
    # Where the control groups of this kind are mounted on this machine does not matter.
    mount -t cgroup2 cgroup2 groups
    mkdir "groups/$name"
    echo $$ > "groups/$name/cgroup.procs"
    mount -t overlay overlay -o "lowerdir=$root,upperdir=upper,workdir=work" root
    rm -f root/usr/sbin/policy-rc.d
    mkdir root/mnt/dist root/mnt/old
    mount --bind "$dist" root/mnt/dist
    cd root
    exec unshare --cgroup --pid --mount --fork --kill-child sh "$0" inside "$@"
fi
shift
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
pivot_root . mnt/old
umount -l /mnt/old
exec env -i container=lampfield-test PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
