#!/usr/bin/env bash
# The inside of tests/system/machine.py: `machine.sh FOLDER PORT HOST_NAME`, in namespaces made by unshare.
# What it mounts and names is seen by its own processes alone, and gone with them.
set -euo pipefail
folder=$1 port=$2 host_name=$3

hostname "$host_name"
# A /dev of its own, so that /dev/log is this machine's, whatever logger the surrounding one runs.
mount -t tmpfs tmpfs "$folder/dev"
cp --archive /dev/{null,zero,full,random,urandom,tty} "$folder/dev/"
mount --move "$folder/dev" /dev
mount --bind /dev/null /proc/kmsg
for hidden in /run /var/log /var/lib/syslog-ng /etc/syslog-ng/conf.d; do
    mount -t tmpfs -o mode=0755 tmpfs "$hidden"
done
for file in passwd group shadow; do
    mount --bind "$folder/$file" "/etc/$file"
done

mkdir /run/sshd
while IFS=: read -r user _ uid gid _ home _; do
    [[ -f "$folder/$user.pub" ]] || continue
    install --directory --owner "$uid" --group "$gid" --mode 0700 "$home" "$home/.ssh"
    install --owner "$uid" --group "$gid" --mode 0600 "$folder/$user.pub" "$home/.ssh/authorized_keys"
done <"$folder/passwd"

install --mode 0600 "$folder/powertrip.conf" /etc/syslog-ng/conf.d/
syslog-ng --foreground --stderr --no-caps &
# Messages from before the socket exists would be lost.
until [[ -S /dev/log ]]; do
    kill -0 $!
    sleep 0.05
done
/usr/sbin/sshd -D -f "$folder/sshd_config" -p "$port" &
wait -n
echo "sshd or syslog-ng ended by itself" >&2
exit 1
