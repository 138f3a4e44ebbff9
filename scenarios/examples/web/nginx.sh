# Become nginx with the servers of $SERVERS: nginx.sh FOLDER
cat > "$1/nginx.conf" <<END
worker_processes 2;
daemon off;
pid $1/nginx.pid;
error_log stderr error;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $1/body;
    proxy_temp_path $1/proxy;
    fastcgi_temp_path $1/fastcgi;
    uwsgi_temp_path $1/uwsgi;
    scgi_temp_path $1/scgi;
    $SERVERS
}
END
chmod 755 "$1" # workers of root are another user's
exec nginx -e stderr -p "$1" -c "$1/nginx.conf"
