#!/bin/sh
# fetch_odoo.sh WORK FOLDER VERSION: unpack Debian's package of Odoo 19 into FOLDER.
#
# Odoo 19 is only in Debian's suite `sid`. Mixing suites would break the machine, so apt
# is run with a private root in WORK; the machine's own configuration is only asked which
# mirror it uses (with no release info, apt names what it has not downloaded yet, too).
set -eu
work=$1 folder=$2 version=$3
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# What the package's links lead to. Of two fonts, sid's lack the file names Odoo asks for.
libraries="libjs-jquery libjs-underscore libjs-jquery-form fonts-montserrat fonts-ocr-b
    fonts-roboto-unhinted fonts-font-awesome/bookworm fonts-inconsolata/bookworm"
# Debian leaves it out, for video calls; without it, every browser test fails on the 404.
stub=mail/static/lib/selfie_segmentation/selfie_segmentation.js

# Security updates and backports have no sid, nor have third parties' archives.
mirror=$(apt-get --no-release-info indextargets --format '$(RELEASE) $(REPO_URI)' \
    'Created-By: Packages' | awk '$1 !~ /-/ && $2 ~ /\/debian\/?$/ {print $2; exit}')
[ "$mirror" ] || { echo "No mirror of Debian is named in /etc/apt."; exit 1; }
[ -e $keyring ] || { echo "Install it: apt install debian-archive-keyring"; exit 1; }

mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
for suite in sid bookworm; do
    echo "deb [signed-by=$keyring] $mirror $suite main"
done > "$work/sources.list"
cat > "$work/apt.conf" <<END
Dir::Etc { SourceList "$work/sources.list"; SourceParts "/dev/null"; };
Dir::State::Lists "$work/lists"; Dir::Cache "$work/cache"; APT::Sandbox::User "";
Acquire { Languages "none"; Retries "3"; };
END
cd "$work/debs"
apt-get -c ../apt.conf update --error-on=any
apt-get -c ../apt.conf download "odoo-19=$version" $libraries || {
    rm -f ./*.deb
    apt-get -c ../apt.conf download odoo-19 $libraries
    set -- odoo-19_*.deb && echo "NOTE odoo-19 $version is gone from the mirror: $1"
}
for deb in *.deb; do dpkg -x "$deb" "$folder"; done
rm -rf "$work/debs"

packages=$folder/usr/lib/python3/dist-packages
# Half copies of the addons, without their data: importable, of no use.
rm -rf "$packages/addons" "$packages/doc" "$packages/setup"
mkdir -p "$packages/odoo/addons/${stub%/*}"
echo "/* Left out by Debian; an empty stub keeps the asset bundle whole. */" \
    > "$packages/odoo/addons/$stub"
# Absolute links lead to what is not installed, or is of another version: into FOLDER.
find "$folder" -type l -lname '/usr/*' | while read -r link; do
    ln -sfnr "$folder$(readlink "$link")" "$link"
done
