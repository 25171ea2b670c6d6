#!/usr/bin/env bash
# The inside of tests/system/pam_machine.py: `pam_machine.sh FOLDER PORT HOST_NAME ADDRESS OPTION...`, in namespaces made by
# unshare. What it mounts, names and installs is seen by its own processes alone, and gone with them.
set -euo pipefail
folder=$1 port=$2 host_name=$3 address=$4
shift 4
contrib=$(cd "$(dirname "$0")/../../contrib/pam" && pwd)

hostname "$host_name"
# An /etc of its own, which the installer may change.
cp --archive /etc/. "$folder/etc"
mount --bind "$folder/etc" /etc
for file in passwd group shadow; do
    cp "$folder/$file" "/etc/$file"
done
for hidden in /run /var/spool /var/log /usr/local/sbin; do
    mount -t tmpfs -o mode=0755 tmpfs "$hidden"
done

mkdir /run/sshd
while IFS=: read -r _ _ uid gid _ home _; do
    [[ $uid -ge 2000 || $uid -eq 0 ]] || continue
    install --directory --owner "$uid" --group "$gid" --mode 0700 "$home" "$home/.ssh"
    install --owner "$uid" --group "$gid" --mode 0600 "$folder/key.pub" "$home/.ssh/authorized_keys"
done </etc/passwd

sh "$contrib/install" "$@" "$address" <"$folder/secret"
exec /usr/sbin/sshd -D -e -f "$folder/sshd_config" -p "$port"
