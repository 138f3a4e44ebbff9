# nginx waits edge-triggered: after a short read it is woken only when the shim
# sees to it.
. "$(dirname "$0")/../lib.sh"

port=$(free_port)
cat > "$TMP/nginx.conf" << EOF
worker_processes 2;
daemon off;
pid $TMP/nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $TMP/body;
    proxy_temp_path $TMP/proxy;
    fastcgi_temp_path $TMP/fastcgi;
    uwsgi_temp_path $TMP/uwsgi;
    scgi_temp_path $TMP/scgi;
    server {
        listen 127.0.0.1:$port;
        location / { return 200 "hello \$arg_n\n"; }
    }
}
EOF
chmod 755 "$TMP"
background "$SOCKFAULT" run --report json="$TMP/report" -f 'call: recv, partial: 1' -- \
    nginx -e stderr -p "$TMP" -c "$TMP/nginx.conf" 2> "$TMP/err"
wait_for_port "$port" || diag "$(cat "$TMP/err")"

for n in $(seq 1 100); do echo "hello $n"; done > "$TMP/want"

curl -sS --max-time 60 "http://127.0.0.1:$port/?n=[1-100]" > "$TMP/got" 2>&1
check_same "100 requests on one connection are answered" "$TMP/want" "$TMP/got"

for n in $(seq 1 100); do
    curl -sS --max-time 10 "http://127.0.0.1:$port/?n=$n" || break
done > "$TMP/got" 2>&1
check_same "100 requests on connections of their own are answered" "$TMP/want" "$TMP/got"

end "$background_pid"
fired=$(sed -n 's/.*"fired": *\([0-9]*\).*/\1/p' "$TMP/report")
check "every read brought one byte (fired ${fired:-never})" [ "${fired:-0}" -ge 10000 ]
check_status "nothing listens any more" 1 listening "$port"

finish
