# Become postgres with a fresh cluster: serve.sh PORT FOLDER. A socket lies in the folder too.
set -e
if [ "$(id -u)" -eq 0 ]; then # which postgres refuses
    chown nobody "$2"
    exec setpriv --reuid=nobody --regid=nogroup --clear-groups sh "$0" "$1" "$2"
fi
cd "$2"
initdb -D data -U tester -A trust --no-sync > initdb.log
exec postgres -D data -p "$1" -k "$2" -c listen_addresses=127.0.0.1
