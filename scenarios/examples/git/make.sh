# A bare repository with one commit: make.sh FOLDER makes FOLDER/repo.git
set -e
cd "$1"
export HOME="$1" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@localhost
git init -q work
head -c 100000 /dev/urandom > work/file
git -C work add file
git -C work commit -q -m file
git clone -q --bare work repo.git
