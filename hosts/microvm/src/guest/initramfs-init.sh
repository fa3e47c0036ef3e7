#!/bin/busybox sh
# First process of the machine: finds the disk and the network, gives the machine its identity, hands over to systemd.
# Debian's kernel has the virtio drivers as modules; their order here is the order in which they need each other.
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
exec </dev/console >/dev/console 2>&1

# Somebody only wants to know whether this machine can run programs at all.
case $($b cat /proc/cmdline) in *chaos.canary*)
  $b seq 1 2000 | $b sha256sum
  echo chaos-canary-alive
  $b poweroff -f
esac

# Whoever takes its time away while the kernel measures its clock can make that one many times too fast: every wait would
# be too short. The kernel notices that its two measures differ, and goes on with the wrong one; starting again is better.
case $($b dmesg) in *'PIT calibration deviates'*) $b reboot -f ;; esac

for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk failover \
  net_failover virtio_net virtio-rng virtio_console; do
  $b insmod /modules/$module.ko || echo "module $module does not load"
done
$b mount -o rw,noatime -t ext4 /dev/vda /root || { echo 'the disk cannot be mounted'; $b poweroff -f; }

# Once: what is changed later on the machine outlives a reboot.
if ! $b cmp -s /identity/etc/machine-id /root/etc/machine-id; then
  $b cp -a /identity/. /root/
fi
. /network
$b ip link set lo up
$b ip addr add "$address" dev eth0
$b ip link set eth0 up
$b ip route add default via "$gateway"

$b umount /proc
$b mount --move /dev /root/dev
exec $b switch_root /root /sbin/init
